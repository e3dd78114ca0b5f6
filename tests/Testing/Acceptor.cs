using System.Net;
using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>Listens on this machine and has every connection served, all at once, until it is disposed of.</summary>
public sealed class Acceptor : IDisposable
{
    readonly TcpListener listener;
    readonly Func<Socket, Task> serve;

    /// <summary>Begins to accept.</summary>
    /// <param name="serve">Serves one connection, which is closed afterwards. It may fail as connections do.</param>
    /// <param name="port">Where it listens; 0 for a port that the system chooses.</param>
    public Acceptor(Func<Socket, Task> serve, int port = 0)
    {
        this.serve = serve;
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Makes closing a connection reset it.</summary>
    public static void ResetOnClose(Socket connection) => connection.LingerState = new LingerOption(true, 0);

    /// <summary>Refuses connections from now on. Those that are open stay so.</summary>
    public void Dispose() => listener.Dispose();

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It was disposed of.
        }
    }

    async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                connection.NoDelay = true;
                await serve(connection);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException)
            {
                // One side has hung up, or the connection was cut.
            }
        }
    }
}
