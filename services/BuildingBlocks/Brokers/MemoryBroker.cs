using System.Collections.Concurrent;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Hosting;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>
/// Connects the services of one process: a publish ends when every consumer of every service is finished with the
/// message.
/// </summary>
/// <remarks>
/// So delivery is at least once without any storage here: a row leaves the outbox only after its message was handled or
/// stored. A service is bound from the moment it is built, so messages wait in the outbox for a service that has not
/// started yet.
/// </remarks>
sealed class MemoryBroker
{
    static readonly ConcurrentDictionary<string, MemoryBroker> Brokers = new();

    readonly ConcurrentDictionary<string, MemoryService> services = new();

    // The queues that have handled a message which others have not, so that they do not handle it again when it is
    // repeated.
    readonly ConcurrentDictionary<(Guid MessageId, string Queue), bool> done = new();

    /// <summary>Returns the broker of this process with this name, such as `memory://local`.</summary>
    public static MemoryBroker At(Uri address) => Brokers.GetOrAdd(address.ToString(), _ => new MemoryBroker());

    /// <summary>Binds a service; a service that is built again replaces the previous one.</summary>
    public MemoryService Bind(string name, IEnumerable<string> messageTypes) => services[name] = new MemoryService(name, messageTypes);

    public async Task DeliverAsync(OutgoingMessage message, bool mayGoUnheard, CancellationToken ct)
    {
        var takers = services.Values.Where(service => service.Takes(message.Type)).ToList();
        if (takers.Count == 0 && !mayGoUnheard)
            throw new Undeliverable($"No service of this process consumes {message.Type}.");

        var queues = takers.SelectMany(service => service.QueuesFor(message.Type)).ToList();
        await Task.WhenAll(queues.Select(queue => HandleAsync(queue, message, ct)));
        // A stopped service has no queues yet, and its message must stay in the outbox.
        if (takers.Find(service => !service.Runs) is { } missing)
            throw new BrokerUnavailable($"The service {missing.Name} does not run.");

        foreach (var queue in queues)
            done.TryRemove((message.Id, queue.Name), out _);
    }

    async Task HandleAsync(QueueConsumer queue, OutgoingMessage message, CancellationToken ct)
    {
        if (done.ContainsKey((message.Id, queue.Name)))
            return;
        if (!queue.IsOpen)
            throw new BrokerUnavailable($"The database of {queue.Name} does not answer.");

        await queue.HandleAsync(new Letter(message.Id, message.Type, message.Body, message.TraceParent), ct);
        done[(message.Id, queue.Name)] = true;
    }
}

/// <summary>One service of this process, as the memory broker sees it.</summary>
sealed class MemoryService(string name, IEnumerable<string> messageTypes)
{
    readonly HashSet<string> types = [.. messageTypes];
    volatile QueueConsumers? queues;

    public string Name => name;

    public bool Runs => queues is not null;

    public bool Takes(string type) => types.Contains(type);

    public IEnumerable<QueueConsumer> QueuesFor(string type) => queues?.All.Where(queue => queue.Takes(type)) ?? [];

    public void Start(QueueConsumers own) => queues = own;

    public void Stop() => queues = null;
}

/// <summary>Accepts messages while the service runs.</summary>
sealed class MemoryConsumers(MemoryService service, QueueConsumers queues) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        service.Start(queues);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        service.Stop();
        return Task.CompletedTask;
    }
}

/// <summary>Publishes within the process.</summary>
sealed class MemoryPublisher(MemoryBroker broker, IReadOnlySet<string> mayGoUnheard) : IMessagePublisher
{
    // Includes the handling, so it is longer than a broker's confirm.
    public TimeSpan Limit => TimeSpan.FromSeconds(30);

    public Task<bool> IsReachableAsync(CancellationToken ct) => Task.FromResult(true);

    // Whoever publishes waits for the consumers.
    public Task<long> CountUntakenAsync(string queue, CancellationToken ct) => Task.FromResult(0L);

    public async Task PublishAsync(OutgoingMessage message, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await broker.DeliverAsync(message, mayGoUnheard.Contains(message.Type), limit.Token);
        }
        catch (OperationCanceledException exception) when (!ct.IsCancellationRequested)
        {
            throw new BrokerUnavailable($"{message.Type} {message.Id} was not handled in time.", exception);
        }
    }
}
