using System.Net;
using System.Net.Sockets;
using Journeys.EmbeddedPostgres;

namespace Journeys.Testing;

/// <summary>
/// A proxy between clients and a server that can reset, stall or delay connections, like the network.
/// </summary>
public sealed class TcpRelay : IDisposable
{
    const int BufferSize = 64 * 1024;

    readonly Acceptor acceptor;
    readonly IPEndPoint server;
    readonly Func<ReadOnlyMemory<byte>, Task> delayUp;
    readonly Lock guard = new();
    readonly HashSet<Socket> open = [];
    TaskCompletionSource? stalled;

    /// <summary>Starts listening.</summary>
    /// <param name="server">The server behind it.</param>
    /// <param name="delayUp">Awaited before data of a client is sent to the server; null for no delay.</param>
    public TcpRelay(IPEndPoint server, Func<ReadOnlyMemory<byte>, Task>? delayUp = null)
    {
        this.server = server;
        this.delayUp = delayUp ?? Never;
        acceptor = new Acceptor(ConnectAsync, FreePort.Next());
    }

    /// <summary>The port for clients.</summary>
    public int Port => acceptor.Port;

    /// <summary>Resets every connection.</summary>
    public void Cut()
    {
        lock (guard)
        {
            foreach (var socket in open)
                Reset(socket);
        }
    }

    /// <summary>Holds back all data of both sides without closing connections.</summary>
    public void Stall() => stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Forwards everything again, including the data held back.</summary>
    public void GoOn() => Interlocked.Exchange(ref stalled, null)?.SetResult();

    /// <summary>Resets every connection and refuses new ones.</summary>
    public void Dispose()
    {
        acceptor.Dispose();
        GoOn();
        Cut();
    }

    async Task ConnectAsync(Socket client)
    {
        using var upstream = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        lock (guard)
            open.UnionWith([client, upstream]);
        try
        {
            await PassAsync();
            await upstream.ConnectAsync(server);
            await Task.WhenAny(PumpAsync(client, upstream, delayUp), PumpAsync(upstream, client, Never));
        }
        finally
        {
            lock (guard)
                open.ExceptWith([client, upstream]);
        }
    }

    async Task PumpAsync(Socket from, Socket to, Func<ReadOnlyMemory<byte>, Task> delay)
    {
        var buffer = new byte[BufferSize];
        while (await from.ReceiveAsync(buffer) is > 0 and var count)
        {
            await PassAsync();
            await delay(buffer.AsMemory(0, count));
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
        }
    }

    Task PassAsync() => stalled?.Task ?? Task.CompletedTask;

    static Task Never(ReadOnlyMemory<byte> bytes) => Task.CompletedTask;

    static void Reset(Socket socket)
    {
        try
        {
            Acceptor.ResetOnClose(socket);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The socket is closed already.
        }

        socket.Dispose();
    }
}
