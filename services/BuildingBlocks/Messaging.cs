using System.Reflection;
using System.Text.RegularExpressions;
using Journeys.BuildingBlocks.Brokers;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks;

/// <summary>Registers publishing, the outbox relay and consumers.</summary>
public static partial class MessagingExtensions
{
    /// <summary>Adds <see cref="IMessagePublisher"/>, the relay of the <see cref="Outbox"/>, and the consumers of the service. Call it after AddPostgres.</summary>
    /// <param name="service">Prefix of the queue names.</param>
    /// <param name="consumers">
    /// The assembly with the `IConsumer&lt;T&gt;` classes of protobuf messages, or these classes.
    /// </param>
    /// <param name="mayGoUnheard">
    /// Messages that need no consumer. Every other message stays in the outbox until a queue accepts it.
    /// </param>
    public static WebApplicationBuilder AddMessaging(
        this WebApplicationBuilder builder, string service, Assembly consumers, params IEnumerable<Type> mayGoUnheard) =>
        builder.AddMessaging(service, consumers.GetTypes().Where(type => !type.IsAbstract && MessagesOf(type).Any()), mayGoUnheard);

    /// <inheritdoc cref="AddMessaging(WebApplicationBuilder, string, Assembly, IEnumerable{Type})"/>
    public static WebApplicationBuilder AddMessaging(
        this WebApplicationBuilder builder, string service, IEnumerable<Type> consumers, params IEnumerable<Type> mayGoUnheard)
    {
        var services = builder.Services;
        services.AddSettings<MessagingOptions>("Messaging");
        var options = builder.Configuration.GetSection("Messaging").Get<MessagingOptions>() ?? new();
        var broker = options.Broker is { IsAbsoluteUri: true, Scheme: "amqp" or "amqps" or "memory" } known
            ? options.WithPassword(known)
            : throw new InvalidOperationException(MessagingOptions.BrokerForm);
        var unheard = mayGoUnheard.Select(type => ProtobufTypes.Find(type)!.FullName).ToHashSet();
        List<QueueName> queues = [.. consumers.Select(type => new QueueName(
            QueueName(service, type), type, MessagesOf(type).ToDictionary(message => ProtobufTypes.Find(message)!.FullName)))];

        services.AddSingleton<OutboxStore>();
        services.AddLoop<OutboxRelay>(lanes: 2);
        services.AddLoop<OutboxMeter>();
        services.AddQueues(queues, options);
        if (broker.Scheme == "memory")
            services.AddMemoryMessaging(MemoryBroker.At(broker), service, queues, unheard);
        else
            services.AddRabbitMessaging(broker, service, queues, options, unheard);
        return builder;
    }

    /// <summary>Returns the broker's address with the <see cref="MessagingOptions.Password"/>, if it is set.</summary>
    public static Uri WithPassword(this MessagingOptions options, Uri broker)
    {
        if (options.Password.Length == 0)
            return broker;
        if (broker.UserInfo.Length == 0)
            throw new InvalidOperationException($"Messaging:Broker must name the user of Messaging:Password, as in amqp://user@rabbit:5672/; {broker} does not.");
        return new UriBuilder(broker) { Password = Uri.EscapeDataString(options.Password) }.Uri;
    }

    // The handling of failed messages is the same for every transport.
    static void AddQueues(this IServiceCollection services, List<QueueName> queues, MessagingOptions options)
    {
        services.AddSingleton<DatabaseGate>();
        services.AddSingleton<FailedMessageStore>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<FailedMessages>(provider, options));
        services.AddSingleton(provider => new QueueConsumers(queues.Select(queue => ActivatorUtilities.CreateInstance<QueueConsumer>(
            provider, queue, options, provider.GetRequiredService<ILoggerFactory>().CreateLogger<QueueConsumer>()))));
        services.AddSingleton<DeadLetterStore>();
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<ResendAtStart>(provider, options));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RetryFailedMessages>(provider, options));
        services.AddLoop<RetryFailedMessages>();
        services.AddLoop<DeadLetterMeter>();
        services.AddHealthChecks().AddCheck<DeadLetterHealth>("dead-letters");
    }

    static void AddMemoryMessaging(
        this IServiceCollection services, MemoryBroker broker, string service, List<QueueName> queues, HashSet<string> unheard)
    {
        services.AddSingleton<IMessagePublisher>(new MemoryPublisher(broker, unheard));
        if (queues.Count == 0)
            return;

        var bound = broker.Bind(service, queues.SelectMany(queue => queue.Types.Keys));
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<MemoryConsumers>(provider, bound));
    }

    static void AddRabbitMessaging(
        this IServiceCollection services, Uri broker, string service, List<QueueName> queues, MessagingOptions options, HashSet<string> unheard)
    {
        var factory = RabbitConnections.FactoryOf(broker, $"{service} publisher");
        var nodes = RabbitNodes.Of(factory, options.Nodes);
        factory.EndpointResolverFactory = _ => new DefaultEndpointResolver(nodes);
        services.AddSingleton<IMessagePublisher>(
            provider => ActivatorUtilities.CreateInstance<RabbitPublisher>(provider, factory, unheard));
        if (queues.Count > 0)
            services.AddRabbitConsumers(factory, nodes, service, queues, options);
    }

    /// <summary>
    /// Returns `enrollment.timers-elapsed` for the class `TimersElapsedConsumer` of the service `enrollment`.
    /// </summary>
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
