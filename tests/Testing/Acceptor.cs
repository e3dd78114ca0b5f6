using System.Net;
using System.Net.Sockets;

namespace Journeys.Testing;

/// <summary>Listens on this machine and serves all connections concurrently until it is disposed.</summary>
public sealed class Acceptor : IDisposable
{
    readonly TcpListener listener;
    readonly Func<Socket, Task> serve;

    /// <summary>Starts listening.</summary>
    /// <param name="serve">Serves one connection, which is closed afterwards. It may throw the usual errors of
    /// connections.</param>
    /// <param name="port">The port; 0 for one that the system chooses.</param>
    public Acceptor(Func<Socket, Task> serve, int port = 0)
    {
        this.serve = serve;
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Makes a connection send a reset when it is closed.</summary>
    public static void ResetOnClose(Socket connection) => connection.LingerState = new LingerOption(true, 0);

    /// <summary>Stops listening. Open connections stay open.</summary>
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
            // The acceptor was disposed.
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
                // One side has closed the connection, or it was reset.
            }
        }
    }
}
