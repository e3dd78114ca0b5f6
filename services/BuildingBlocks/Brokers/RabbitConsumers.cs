using Journeys.BuildingBlocks.Messages;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>Receives from RabbitMQ: one quorum queue for each consumer class.</summary>
static class RabbitConsumers
{
    public static IServiceCollection AddRabbitConsumers(
        this IServiceCollection services, ConnectionFactory factory, IReadOnlyList<AmqpTcpEndpoint> nodes, string service,
        IReadOnlyList<QueueName> queues, MessagingOptions options)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RabbitListener>(
            provider, () => CreateBus(factory, nodes, service, provider.GetRequiredService<QueueConsumers>(), queues, options)));
        services.AddHostedService(provider => provider.GetRequiredService<RabbitListener>());
        services.AddHealthChecks().AddCheck<RabbitListenerHealth>("rabbitmq-consumers");
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DrainErrorQueues>(provider, factory, options));
        return services.AddLoop<DrainErrorQueues>();
    }

    static IBusControl CreateBus(
        ConnectionFactory factory, IReadOnlyList<AmqpTcpEndpoint> nodes, string service, QueueConsumers consumers,
        IReadOnlyList<QueueName> queues, MessagingOptions options) => Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(factory, nodes, $"{service} consumers");
            foreach (var queue in queues)
                rabbit.AddQueue(queue, consumers.Find(queue.Name)!, options);
        });

    static void Host(this IRabbitMqBusFactoryConfigurator rabbit, ConnectionFactory factory, IReadOnlyList<AmqpTcpEndpoint> nodes, string name) =>
        rabbit.Host(factory.HostName, (ushort)factory.Endpoint.Port, factory.VirtualHost, name, host =>
        {
            host.Username(factory.UserName);
            host.Password(factory.Password);
            host.Heartbeat(factory.RequestedHeartbeat);
            host.RequestedConnectionTimeout(factory.RequestedConnectionTimeout);
            if (factory.Ssl.Enabled)
                host.UseSsl(ssl => ssl.ServerName = factory.HostName);
            if (nodes.Count > 1)
                host.UseCluster(cluster => nodes.ToList().ForEach(node => cluster.Node($"{node.HostName}:{node.Port}")));
        });

    // Bound explicitly to the exchange of each message, because MassTransit's own topology would create exchanges for
    // the interfaces that protobuf classes implement. The arguments of a queue can never change, because RabbitMQ
    // refuses to declare it with others.
    static void AddQueue(this IRabbitMqBusFactoryConfigurator rabbit, QueueName name, QueueConsumer consumer, MessagingOptions options) =>
        rabbit.ReceiveEndpoint(name.Name, queue =>
        {
            queue.ConfigureConsumeTopology = false;
            queue.PrefetchCount = options.Prefetch;
            queue.ConcurrentMessageLimit = options.Concurrency;
            queue.SetQuorumQueue();
            queue.SetQueueArgument("x-delivery-limit", options.DeliveryLimit);
            // A message that moves to the error queue stays here until it has arrived there; `x-overflow` is a
            // precondition of that.
            queue.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
            queue.SetQueueArgument("x-overflow", "reject-publish");
            queue.BindDeadLetterQueue(
                $"{name.Name}_error", $"{name.Name}_error", error => error.SetQueueArgument("x-queue-type", "quorum"));
            foreach (var type in name.Types.Keys)
                queue.Bind(type, exchange => exchange.ExchangeType = ExchangeType.Fanout);

            queue.ConfigureReceive(pipe => pipe.UseFilter(new Intake(consumer)));
        });

    /// <summary>
    /// Takes messages over before MassTransit parses them, so that unreadable messages are handled like all others.
    /// </summary>
    sealed class Intake(QueueConsumer queue) : IFilter<ReceiveContext>
    {
        public Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
        {
            context.TryGetPayload<RabbitMqBasicConsumeContext>(out var delivery);
            var type = context.TransportHeaders.Get<string>(Letter.TypeHeader) ?? delivery?.Exchange ?? "";
            var body = context.Body.GetBytes();
            var letter = new Letter(
                Letter.IdOf(delivery?.Properties.MessageId, type, body), type, body, context.TransportHeaders.Get<string>(Letter.TraceHeader));
            return queue.HandleAsync(letter, context.CancellationToken);
        }

        public void Probe(ProbeContext context) => context.CreateScope("journeys");
    }
}
