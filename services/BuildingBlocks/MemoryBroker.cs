using System.Collections.Concurrent;
using MassTransit;
using MassTransit.Mediator;
using Microsoft.Extensions.Hosting;

namespace Journeys.BuildingBlocks;

/// <summary>Connects the services of one process: a publish ends when every consumer in every service has handled the message.</summary>
/// <remarks>
/// That makes delivery at least once without keeping anything here: a row leaves the outbox only after its message was handled.
/// A service is bound from the moment it is built, so a message waits in the outbox for a service that has not started yet.
/// </remarks>
sealed class MemoryBroker
{
    static readonly ConcurrentDictionary<string, MemoryBroker> Brokers = new();

    readonly ConcurrentDictionary<string, MemoryService> services = new();

    /// <summary>The broker of this process with this name, such as `memory://local`.</summary>
    public static MemoryBroker At(Uri address) => Brokers.GetOrAdd(address.ToString(), _ => new MemoryBroker());

    /// <summary>Binds a service; one that is built again takes the place of the one before.</summary>
    public MemoryService Bind(string name, IEnumerable<Type> messageTypes, int concurrency) =>
        services[name] = new MemoryService(name, messageTypes, concurrency);

    public async Task DeliverAsync(OutgoingMessage message, bool mayGoUnheard, CancellationToken ct)
    {
        var takers = services.Values.Where(service => service.Takes(message.Type)).ToList();
        if (takers.Count == 0 && !mayGoUnheard)
            throw new Undeliverable($"No service of this process consumes {message.Type}.");

        await Task.WhenAll(takers.Select(service => service.HandleAsync(message, ct)));
    }
}

/// <summary>One service of this process, as the memory broker sees it.</summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of, and the service lives as long as the process.
sealed class MemoryService(string name, IEnumerable<Type> messageTypes, int concurrency)
#pragma warning restore CA1001
{
    readonly Dictionary<string, Type> types = messageTypes.Distinct().ToDictionary(type => ProtobufTypes.Find(type)!.FullName);
    readonly SemaphoreSlim places = new(concurrency);
    volatile IMediator? consumers;

    public bool Takes(string type) => types.ContainsKey(type);

    public void Start(IMediator mediator) => consumers = mediator;

    public void Stop() => consumers = null;

    public async Task HandleAsync(OutgoingMessage message, CancellationToken ct)
    {
        await places.WaitAsync(ct);
        try
        {
            var mediator = consumers ?? throw new BrokerUnavailable($"The service {name} does not run.");
            var type = types[message.Type];
            // Each service gets its own copy, as it would from a real broker.
            var copy = ProtobufTypes.Find(type)!.Parser.ParseFrom(message.Body);
            await mediator.Publish(copy, type, Pipe.Execute<PublishContext>(context => context.MessageId = message.Id), ct);
        }
        finally
        {
            places.Release();
        }
    }
}

/// <summary>Lets messages in while the service runs.</summary>
sealed class MemoryConsumers(MemoryService service, IMediator mediator) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        service.Start(mediator);
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
    // It covers the handling too, so it is longer than a broker's confirm.
    public TimeSpan Limit => TimeSpan.FromSeconds(30);

    public Task<bool> IsReachableAsync(CancellationToken ct) => Task.FromResult(true);

    public async Task PublishAsync(OutgoingMessage message, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await broker.DeliverAsync(message, mayGoUnheard.Contains(message.Type), limit.Token);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested && exception is not (BrokerUnavailable or Undeliverable))
        {
            throw new Undeliverable($"A consumer failed on {message.Type} {message.Id}.", exception);
        }
    }
}
