using System.Net;
using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>An address that answers nothing, as one whose container has gone: not even a connection is made or refused.</summary>
/// <remarks>A listener that accepts nobody and whose queue is full: the kernel then drops whoever knocks, and no rights are needed.</remarks>
public sealed class SilentAddress : IDisposable
{
    readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly List<Socket> queue = [];

    /// <summary>Fills the queue.</summary>
    public SilentAddress()
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        // The kernel may keep one more than it was asked to.
        for (var number = 0; number < 3; number++)
        {
            var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            queue.Add(waiting);
            try
            {
                waiting.Connect(listener.LocalEndPoint!);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It is on its way, or stays on it.
            }
        }
    }

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");

    /// <summary>Lets it go.</summary>
    public void Dispose()
    {
        queue.ForEach(waiting => waiting.Dispose());
        listener.Dispose();
    }
}
