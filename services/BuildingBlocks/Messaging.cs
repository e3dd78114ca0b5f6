using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.RegularExpressions;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks;

/// <summary>The settings under `Messaging`.</summary>
public sealed record MessagingOptions
{
    /// <summary>`amqp://user:pass@host:port/vhost`, `amqps://...`, or `memory://name` for services that share a process.</summary>
    [Required]
    public Uri? Broker { get; init; }

    /// <summary>Messages that each queue hands out ahead.</summary>
    [Range(1, 1_000)]
    public ushort Prefetch { get; init; } = 16;

    /// <summary>Messages of each queue that are handled at once.</summary>
    [Range(1, 1_000)]
    public int Concurrency { get; init; } = 8;

    /// <summary>Times RabbitMQ delivers a message whose consumer dies, before it goes to the error queue.</summary>
    [Range(1, 1_000)]
    public int DeliveryLimit { get; init; } = 20;
}

/// <summary>Registers publishing, the outbox relay and consumers.</summary>
public static partial class MessagingExtensions
{
    // Covers a deadlock victim and a short database outage. After the last try the message goes to `<queue>_error`, where an
    // operator can see it and send it again; in memory it stays in the outbox and is tried again less and less often.
    static readonly int[] RetryMilliseconds = [20, 100, 500, 2_000, 10_000];
    static readonly int[] MemoryRetryMilliseconds = [20, 100, 500];

    /// <summary>Adds <see cref="IMessagePublisher"/>, the relay of the <see cref="Outbox"/>, and the consumers of the service. Call it after AddPostgres.</summary>
    /// <param name="service">Prefix of the queue names.</param>
    /// <param name="consumers">Where the `IConsumer&lt;T&gt;` classes of protobuf messages are.</param>
    /// <param name="mayGoUnheard">Messages that need no consumer. Every other one stays in the outbox until a queue takes it.</param>
    public static WebApplicationBuilder AddMessaging(
        this WebApplicationBuilder builder, string service, Assembly consumers, params IEnumerable<Type> mayGoUnheard) =>
        builder.AddMessaging(service, consumers.GetTypes().Where(type => !type.IsAbstract && MessagesOf(type).Any()), mayGoUnheard);

    /// <inheritdoc cref="AddMessaging(WebApplicationBuilder, string, Assembly, IEnumerable{Type})"/>
    public static WebApplicationBuilder AddMessaging(
        this WebApplicationBuilder builder, string service, IEnumerable<Type> consumers, params IEnumerable<Type> mayGoUnheard)
    {
        var services = builder.Services;
        services.AddOptions<MessagingOptions>().BindConfiguration("Messaging").ValidateDataAnnotations().ValidateOnStart();
        var options = builder.Configuration.GetSection("Messaging").Get<MessagingOptions>() ?? new();
        var broker = options.Broker is { IsAbsoluteUri: true, Scheme: "amqp" or "amqps" or "memory" } known
            ? known
            : throw new InvalidOperationException("Messaging:Broker must be amqp://user:pass@host:port/vhost or memory://name.");
        var unheard = mayGoUnheard.Select(type => ProtobufTypes.Find(type)!.FullName).ToHashSet();
        var types = consumers.ToList();

        services.AddLoop<OutboxRelay>(lanes: 2);
        services.AddLoop<OutboxMeter>();
        if (broker.Scheme == "memory")
            services.AddMemoryMessaging(MemoryBroker.At(broker), service, types, options, unheard);
        else
            services.AddRabbitMessaging(broker, service, types, options, unheard);
        return builder;
    }

    static void AddMemoryMessaging(
        this IServiceCollection services, MemoryBroker broker, string service, List<Type> consumers, MessagingOptions options, HashSet<string> unheard)
    {
        services.AddSingleton<IMessagePublisher>(new MemoryPublisher(broker, unheard));
        if (consumers.Count == 0)
            return;

        var bound = broker.Bind(service, consumers.SelectMany(MessagesOf), options.Concurrency);
        services.AddMediator(mediator =>
        {
            consumers.ForEach(type => mediator.AddConsumer(type));
            mediator.ConfigureMediator((_, pipe) => pipe.UseMessageRetry(retry => retry.Intervals(MemoryRetryMilliseconds)));
        });
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<MemoryConsumers>(provider, bound));
    }

    static void AddRabbitMessaging(
        this IServiceCollection services, Uri broker, string service, List<Type> consumers, MessagingOptions options, HashSet<string> unheard)
    {
        var factory = new ConnectionFactory
        {
            Uri = broker,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedConnectionTimeout = TimeSpan.FromSeconds(3),
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            ClientProvidedName = $"{service} publisher",
        };
        services.AddSingleton<IMessagePublisher>(
            provider => ActivatorUtilities.CreateInstance<RabbitPublisher>(provider, factory, unheard));
        if (consumers.Count == 0)
            return;

        services.Configure<MassTransitHostOptions>(host =>
        {
            // A broker that is down must not keep the service from starting; the bus connects when it comes.
            host.WaitUntilStarted = false;
            host.StopTimeout = TimeSpan.FromSeconds(10);
        });
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.ConfigureHealthCheckOptions(health =>
            {
                health.Tags.Clear();
                health.MinimalFailureStatus = HealthStatus.Degraded;
            });
            consumers.ForEach(type => bus.AddConsumer(type));
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(factory, $"{service} consumers");
                rabbit.UseProtobuf();
                foreach (var consumer in consumers)
                    rabbit.AddQueue(context, service, consumer, options);
            });
        });
    }

    static void Host(this IRabbitMqBusFactoryConfigurator rabbit, ConnectionFactory factory, string name) =>
        rabbit.Host(factory.HostName, (ushort)factory.Endpoint.Port, factory.VirtualHost, name, host =>
        {
            host.Username(factory.UserName);
            host.Password(factory.Password);
            host.Heartbeat(factory.RequestedHeartbeat);
            if (factory.Ssl.Enabled)
                host.UseSsl(ssl => ssl.ServerName = factory.HostName);
        });

    static void UseProtobuf(this IRabbitMqBusFactoryConfigurator rabbit)
    {
        var protobuf = new ProtobufSerializer();
        rabbit.ClearSerialization();
        rabbit.AddSerializer(protobuf);
        rabbit.AddDeserializer(protobuf, isDefault: true);
        // The error queue is a plain queue: no limit and no dead-lettering copied from the queue that feeds it.
        rabbit.SendTopology.ConfigureErrorSettings = queue =>
        {
            foreach (var argument in (string[])["x-delivery-limit", "x-dead-letter-exchange", "x-dead-letter-strategy", "x-overflow"])
                queue.SetQueueArgument(argument, null!);
        };
    }

    // One quorum queue for each consumer class, bound by hand to the exchange of each message: MassTransit's own topology would make
    // exchanges of the interfaces that protobuf classes implement.
    static void AddQueue(
        this IRabbitMqBusFactoryConfigurator rabbit, IBusRegistrationContext context, string service, Type consumer, MessagingOptions options)
    {
        var name = QueueName(service, consumer);
        rabbit.ReceiveEndpoint(name, queue =>
        {
            queue.ConfigureConsumeTopology = false;
            queue.PublishFaults = false;
            queue.PrefetchCount = options.Prefetch;
            queue.ConcurrentMessageLimit = options.Concurrency;
            queue.SetQuorumQueue();
            queue.SetQueueArgument("x-delivery-limit", options.DeliveryLimit);
            // A message that goes to the error queue stays here until it has arrived there; `x-overflow` is a condition of that.
            queue.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
            queue.SetQueueArgument("x-overflow", "reject-publish");
            queue.BindDeadLetterQueue($"{name}_error", $"{name}_error", error => error.SetQueueArgument("x-queue-type", "quorum"));
            foreach (var message in MessagesOf(consumer))
                queue.Bind(ProtobufTypes.Find(message)!.FullName, exchange => exchange.ExchangeType = ExchangeType.Fanout);

            queue.UseMessageRetry(retry => retry.Intervals(RetryMilliseconds));
            queue.ConfigureConsumer(context, consumer);
        });
    }

    /// <summary>`enrollment.timers-elapsed` for the class `TimersElapsedConsumer` of the service `enrollment`.</summary>
    public static string QueueName(string service, Type consumer)
    {
        var name = consumer.Name.EndsWith("Consumer", StringComparison.Ordinal) ? consumer.Name[..^"Consumer".Length] : consumer.Name;
        return $"{service}.{WordStart().Replace(name, "-$0").ToLowerInvariant()}";
    }

    static IEnumerable<Type> MessagesOf(Type consumer) => consumer.GetInterfaces()
        .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IConsumer<>))
        .Select(type => type.GenericTypeArguments[0])
        .Where(type => ProtobufTypes.Find(type) is not null);

    [GeneratedRegex("(?<=[a-z0-9])[A-Z]")]
    private static partial Regex WordStart();
}
