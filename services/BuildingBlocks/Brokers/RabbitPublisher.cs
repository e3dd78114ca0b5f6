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
    string? uncounted;

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

    public async Task<long> CountUntakenAsync(string queue, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await ReadyAsync(exchange: null, limit.Token);
            // The client itself stops waiting for an answer later.
            var count = link is { } now ? await now.CountUntakenAsync(queue, limit.Token).WaitAsync(limit.Token) : 0;
            uncounted = null;
            return count;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == Constants.NotFound)
        {
            return 0;
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            var cause = RabbitConnections.CauseOf(exception);
            if (Interlocked.Exchange(ref uncounted, cause) != cause)
                logger.LogWarning("RabbitMQ does not tell how many messages wait in {Queue}, so none are held back: {Cause}", queue, cause);
            return 0;
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
                message.Type, Facts.RoutingKeyOf(message.Type, message.Body), mandatory: !mayGoUnheard.Contains(message.Type), Describe(message), message.Body, limit.Token);
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
            Type = message.Type,
            Timestamp = new AmqpTimestamp(message.CreatedAt.ToUnixTimeSeconds()),
            ContentType = Letter.ContentType,
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
                link = await Link.OpenAsync(factory, logger, ct);
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
    sealed class Link(IConnection connection, IChannel channel, ILogger logger) : IAsyncDisposable
    {
        readonly ConcurrentDictionary<string, bool> declared = new();
        readonly SemaphoreSlim looks = new(1, 1);
        IChannel? looking;
        bool hasNoFacts;

        public IChannel Channel => channel;

        public bool IsOpen => channel.IsOpen;

        public static async Task<Link> OpenAsync(ConnectionFactory factory, ILogger logger, CancellationToken ct)
        {
            var connection = await factory.CreateConnectionAsync(ct);
            // The relay limits the messages in progress; the client's own limit would only slow it down.
            var options = new CreateChannelOptions(
                publisherConfirmationsEnabled: true,
                publisherConfirmationTrackingEnabled: true,
                outstandingPublisherConfirmationsRateLimiter: null);
            return new Link(connection, await connection.CreateChannelAsync(options, ct), logger);
        }

        public bool Has(string? exchange) => exchange is null || declared.ContainsKey(exchange);

        public async Task DeclareAsync(string? exchange, CancellationToken ct)
        {
            if (Has(exchange))
                return;

            await channel.ExchangeDeclareAsync(exchange!, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: ct);
            if (Facts.Has(exchange!) && !hasNoFacts)
                await RouteAsync(exchange!, ct);
            declared[exchange!] = true;
        }

        // On a channel of its own, because RabbitMQ closes the channel when there is no such queue.
        public async Task<long> CountUntakenAsync(string queue, CancellationToken ct)
        {
            await looks.WaitAsync(ct);
            try
            {
                if (looking is not { IsOpen: true })
                {
                    if (looking is not null)
                        await looking.DisposeAsync();
                    looking = null;
                    looking = await connection.CreateChannelAsync(cancellationToken: ct);
                }

                return (await looking.QueueDeclarePassiveAsync(queue, ct)).MessageCount;
            }
            finally
            {
                looks.Release();
            }
        }

        // On a channel of its own, because RabbitMQ closes the channel when it refuses, as it does until an operator
        // has given the service its new permissions. Whoever reads the fact's own exchange gets it all the same.
        async Task RouteAsync(string fact, CancellationToken ct)
        {
            await using var routing = await connection.CreateChannelAsync(cancellationToken: ct);
            try
            {
                await routing.ExchangeDeclareAsync(Facts.Exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: ct);
                await routing.ExchangeBindAsync(Facts.Exchange, fact, routingKey: "", cancellationToken: ct);
            }
            catch (OperationInterruptedException exception) when (connection.IsOpen)
            {
                hasNoFacts = true;
                logger.LogWarning(
                    "RabbitMQ refuses the exchange {Exchange}, so facts are not routed by site and journey: {Cause}",
                    Facts.Exchange, exception.ShutdownReason?.ReplyText);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await channel.DisposeAsync();
            if (looking is not null)
                await looking.DisposeAsync();
            await connection.DisposeAsync();
            looks.Dispose();
        }
    }
}
