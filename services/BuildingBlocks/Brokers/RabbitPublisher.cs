using System.Collections.Concurrent;
using System.Text;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>Publishes raw protobuf to fanout exchanges, each message confirmed by RabbitMQ.</summary>
/// <remarks>
/// Uses a separate connection, because RabbitMQ blocks publishing connections when it is short of memory, and consumers
/// must continue. Does not use the client's automatic recovery: the next publish connects again.
/// </remarks>
/// <param name="mayGoUnheard">Types that need no queue; every other type must reach one.</param>
sealed class RabbitPublisher(ConnectionFactory factory, IReadOnlySet<string> mayGoUnheard, ILogger<RabbitPublisher> logger)
    : IMessagePublisher, IAsyncDisposable
{
    const int MostTypeBytes = 255;

    readonly SemaphoreSlim gate = new(1, 1);
    Link? link;
    string? trouble;

    public TimeSpan Limit => TimeSpan.FromSeconds(5);

    public async Task<bool> IsReachableAsync(CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await ReadyAsync(exchange: null, limit.Token);
            trouble = null;
            return true;
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            Say(RabbitConnections.CauseOf(exception));
            return false;
        }
    }

    // Called twice a second, so only a new cause is logged.
    void Say(string cause)
    {
        if (Interlocked.Exchange(ref trouble, cause) != cause)
            logger.LogWarning("RabbitMQ at {Host}:{Port} cannot be used: {Cause}", factory.HostName, factory.Endpoint.Port, cause);
    }

    public async Task PublishAsync(OutgoingMessage message, CancellationToken ct)
    {
        // Checked here, because the client would fail halfway and be unusable for other messages afterwards.
        if (Encoding.UTF8.GetByteCount(message.Type) > MostTypeBytes)
            throw new Undeliverable($"No exchange has a name of more than {MostTypeBytes} bytes.");

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            var channel = await ReadyAsync(message.Type, limit.Token);
            await channel.BasicPublishAsync(
                message.Type, routingKey: "", mandatory: !mayGoUnheard.Contains(message.Type), Describe(message), message.Body, limit.Token);
        }
        catch (PublishException exception) when (exception.IsReturn)
        {
            throw new Undeliverable($"No queue is bound to the exchange {message.Type}.", exception);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            throw new BrokerUnavailable($"RabbitMQ did not confirm a {message.Type}.", exception) { BrokeOff = IsRefusal(exception) };
        }
    }

    // Not allowed, too large, or not valid AMQP: RabbitMQ closes the channel or the connection, with everything in
    // progress on it.
    static bool IsRefusal(Exception exception) => exception is OperationInterruptedException
    {
        ShutdownReason: { Initiator: ShutdownInitiator.Peer, ReplyCode: (>= 403 and <= 406) or (>= 501 and <= 503) },
    };

    public async ValueTask DisposeAsync()
    {
        if (link is not null)
            await link.DisposeAsync();
        gate.Dispose();
    }

    static BasicProperties Describe(OutgoingMessage message)
    {
        var headers = new Dictionary<string, object?> { [Letter.TypeHeader] = message.Type };
        if (message.TraceParent is not null)
            headers[Letter.TraceHeader] = message.TraceParent;

        return new BasicProperties
        {
            MessageId = message.Id.ToString(),
            ContentType = "application/x-protobuf",
            DeliveryMode = DeliveryModes.Persistent,
            Headers = headers,
        };
    }

    async Task<IChannel> ReadyAsync(string? exchange, CancellationToken ct)
    {
        if (link is { IsOpen: true } open && open.Has(exchange))
            return open.Channel;

        await gate.WaitAsync(ct);
        try
        {
            if (link is not { IsOpen: true })
            {
                if (link is not null)
                    await link.DisposeAsync();
                link = null;
                link = await Link.OpenAsync(factory, ct);
                // Declared here, so that readers can bind a queue before the first fact; readers may not create
                // exchanges.
                foreach (var fact in mayGoUnheard)
                    await link.DeclareAsync(fact, ct);
            }

            await link.DeclareAsync(exchange, ct);
            return link.Channel;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>A connection, its channel, and the exchanges that were declared through it.</summary>
    sealed class Link(IConnection connection, IChannel channel) : IAsyncDisposable
    {
        readonly ConcurrentDictionary<string, bool> declared = new();

        public IChannel Channel => channel;

        public bool IsOpen => channel.IsOpen;

        public static async Task<Link> OpenAsync(ConnectionFactory factory, CancellationToken ct)
        {
            var connection = await factory.CreateConnectionAsync(ct);
            // The relay limits the messages in progress; the client's own limit would only slow it down.
            var options = new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                outstandingPublisherConfirmationsRateLimiter: null);
            return new Link(connection, await connection.CreateChannelAsync(options, ct));
        }

        public bool Has(string? exchange) => exchange is null || declared.ContainsKey(exchange);

        public async Task DeclareAsync(string? exchange, CancellationToken ct)
        {
            if (Has(exchange))
                return;

            await channel.ExchangeDeclareAsync(exchange!, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: ct);
            declared[exchange!] = true;
        }

        public async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
