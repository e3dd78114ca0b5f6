using System.Net;
using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>An address that accepts connections and resets them before it has read or said anything, as a service that is about to end.</summary>
public sealed class SlammingAddress : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    int accepted;

    /// <summary>Begins to accept.</summary>
    public SlammingAddress()
    {
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The address.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>How many connections it has reset.</summary>
    public int Accepted => accepted;

    /// <summary>Refuses connections from now on.</summary>
    public void Dispose() => listener.Dispose();

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptSocketAsync();
                // Closing without lingering sends a reset.
                connection.LingerState = new LingerOption(true, 0);
                Interlocked.Increment(ref accepted);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
