using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Stands before RabbitMQ and resets the first connection of consumers right after so many frames from the broker.</summary>
sealed class BrokerThatCuts : IDisposable
{
    const int FrameHeader = 7;

    readonly Acceptor acceptor;
    readonly Uri broker;
    readonly int frames;
    int hasCut;

    public BrokerThatCuts(Uri broker, int frames)
    {
        this.broker = broker;
        this.frames = frames;
        acceptor = new Acceptor(RelayAsync);
    }

    public string Address => new UriBuilder(broker) { Host = "127.0.0.1", Port = acceptor.Port }.ToString();

    public bool HasCut => hasCut == 1;

    public void Dispose() => acceptor.Dispose();

    async Task RelayAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await server.ConnectAsync(broker.Host, broker.Port);
        var link = new Link(client, server);
        await Task.WhenAny(link.UpAsync(), DownAsync(link));
    }

    async Task DownAsync(Link link)
    {
        await using var server = new NetworkStream(link.Server);
        var header = new byte[FrameHeader];
        for (var passed = 0; ; passed++)
        {
            if (link.IsConsumers && passed >= frames && Interlocked.Exchange(ref hasCut, 1) == 0)
            {
                Acceptor.ResetOnClose(link.Client);
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
