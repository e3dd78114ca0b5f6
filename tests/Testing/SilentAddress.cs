using System.Net;
using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>
/// An address that never answers, like one whose container is gone: connections are neither accepted nor refused.
/// </summary>
/// <remarks>
/// A listener that accepts nobody and whose queue is full. The kernel then drops new connections, which needs no
/// permissions.
/// </remarks>
public sealed class SilentAddress : IDisposable
{
    readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly List<Socket> queue = [];

    /// <summary>Fills the queue.</summary>
    public SilentAddress()
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        // The kernel may keep one connection more than requested.
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
                // The connection is pending, or stays so.
            }
        }
    }

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");

    /// <summary>Closes the listener.</summary>
    public void Dispose()
    {
        queue.ForEach(waiting => waiting.Dispose());
        listener.Dispose();
    }
}
