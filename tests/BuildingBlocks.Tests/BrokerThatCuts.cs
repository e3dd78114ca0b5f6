using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Stands before RabbitMQ and resets the first connection of consumers right after so many frames from the broker.</summary>
sealed class BrokerThatCuts : IDisposable
{
    const int FrameHeader = 7;

    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Uri broker;
    readonly int frames;
    int hasCut;

    public BrokerThatCuts(Uri broker, int frames)
    {
        this.broker = broker;
        this.frames = frames;
        listener.Start();
        _ = AcceptAsync();
    }

    public string Address => new UriBuilder(broker) { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port }.ToString();

    public bool HasCut => hasCut == 1;

    public void Dispose() => listener.Dispose();

    async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await listener.AcceptSocketAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    async Task RelayAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            client.NoDelay = server.NoDelay = true;
            var link = new Link(client, server);
            try
            {
                await server.ConnectAsync(broker.Host, broker.Port);
                await Task.WhenAny(link.UpAsync(), DownAsync(link));
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // One side has hung up.
            }
        }
    }

    async Task DownAsync(Link link)
    {
        await using var server = new NetworkStream(link.Server);
        var header = new byte[FrameHeader];
        for (var passed = 0; ; passed++)
        {
            if (link.IsConsumers && passed >= frames && Interlocked.Exchange(ref hasCut, 1) == 0)
            {
                // Closing without lingering sends a reset.
                link.Client.LingerState = new LingerOption(true, 0);
                link.Client.Dispose();
                return;
            }

            await server.ReadExactlyAsync(header);
            var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(3)) + 1];
            await server.ReadExactlyAsync(rest);
            await link.Client.SendAsync(header);
            await link.Client.SendAsync(rest);
        }
    }

    sealed class Link(Socket client, Socket server)
    {
        public Socket Client => client;

        public Socket Server => server;

        /// <summary>Whether it is the connection of the consumers, which says so in its name.</summary>
        public bool IsConsumers { get; private set; }

        public async Task UpAsync()
        {
            var buffer = new byte[64 * 1024];
            while (await client.ReceiveAsync(buffer) is > 0 and var count)
            {
                IsConsumers |= Encoding.ASCII.GetString(buffer, 0, count).Contains("consumers", StringComparison.Ordinal);
                await server.SendAsync(buffer.AsMemory(0, count));
            }
        }
    }
}
