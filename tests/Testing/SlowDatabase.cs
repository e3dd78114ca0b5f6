using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Journeys.Testing;

/// <summary>A way to a PostgreSQL on which every statement takes as long as a test says. Connecting takes no longer than usual.</summary>
public sealed class SlowDatabase : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly IPEndPoint target;

    /// <summary>Begins to accept.</summary>
    /// <param name="database">The way to the database past it.</param>
    public SlowDatabase(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database);
        target = new IPEndPoint(IPAddress.Parse(settings.Host!), settings.Port);
        listener.Start();
        settings.Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        ConnectionString = settings.ConnectionString;
        _ = AcceptAsync();
    }

    /// <summary>The way to the database through it.</summary>
    public string ConnectionString { get; }

    /// <summary>How much longer each statement takes from now on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Refuses connections from now on.</summary>
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
            // The test is over.
        }
    }

    async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(target);
                await Task.WhenAny(CopyAsync(client, server, DelayOf), CopyAsync(server, client, _ => TimeSpan.Zero));
            }
            catch (SocketException)
            {
                // Either side has gone; so does the other.
            }
        }
    }

    static async Task CopyAsync(Socket from, Socket to, Func<byte, TimeSpan> delayOf)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer) is var count && count > 0)
        {
            if (delayOf(buffer[0]) is var delay && delay > TimeSpan.Zero)
                await Task.Delay(delay);
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
        }
    }

    // Query, Parse and Bind begin a statement; startup, passwords and cancellations begin otherwise.
    TimeSpan DelayOf(byte first) => first is (byte)'Q' or (byte)'P' or (byte)'B' ? Delay : TimeSpan.Zero;
}
