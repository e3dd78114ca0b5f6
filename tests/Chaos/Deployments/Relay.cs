using System.Net;
using System.Net.Sockets;
using Journeys.EmbeddedPostgres;

namespace Journeys.Chaos.Deployments;

/// <summary>Stands between the services and a server as the network does, and can cut or stall what passes.</summary>
sealed class Relay : IDisposable
{
    const int BufferSize = 64 * 1024;

    readonly TcpListener listener;
    readonly int serverPort;
    readonly Lock guard = new();
    readonly HashSet<Socket> open = [];
    TaskCompletionSource? stalled;

    public Relay(int serverPort)
    {
        this.serverPort = serverPort;
        Port = FreePort.Next();
        listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Where the services find the server.</summary>
    public int Port { get; }

    /// <summary>Resets every connection.</summary>
    public void Cut()
    {
        lock (guard)
        {
            foreach (var socket in open)
                Reset(socket);
        }
    }

    /// <summary>Keeps everything that comes, from either side, and lets nobody know.</summary>
    public void Stall() => stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets everything through again, with what was kept.</summary>
    public void GoOn() => Interlocked.Exchange(ref stalled, null)?.SetResult();

    public void Dispose()
    {
        listener.Dispose();
        GoOn();
        Cut();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ConnectAsync(await listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    async Task ConnectAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        lock (guard)
            open.UnionWith([client, server]);
        try
        {
            client.NoDelay = server.NoDelay = true;
            await PassAsync();
            await server.ConnectAsync(IPAddress.Loopback, serverPort);
            await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The server is away, or the connection was cut.
        }
        finally
        {
            lock (guard)
                open.ExceptWith([client, server]);
            client.Dispose();
            server.Dispose();
        }
    }

    async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferSize];
        while (await from.ReceiveAsync(buffer) is > 0 and var count)
        {
            await PassAsync();
            await to.SendAsync(buffer.AsMemory(0, count));
        }
    }

    Task PassAsync() => stalled?.Task ?? Task.CompletedTask;

    // Closing without lingering sends a reset.
    static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }

        socket.Dispose();
    }
}
