using Journeys.BuildingBlocks.Outboxes;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>Runs a MassTransit bus that listens to all queues of the service.</summary>
/// <remarks>
/// The bus reconnects automatically, except when its connection ends while it declares its queues: then it may wait
/// forever. So a bus that does not listen for a while, although RabbitMQ answers, is replaced by another one. Both may
/// listen for a moment, as two replicas do.
/// </remarks>
public sealed class RabbitListener(
    Func<IBusControl> create, IMessagePublisher broker, TimeProvider time, ILoggerFactory loggers, ILogger<RabbitListener> logger)
    : BackgroundService, IAsyncDisposable
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Declaring can take long on a broker that is still starting; giving up too early each time would never succeed.
    static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(15);
    static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(2);

    volatile RunningBus? running;

    /// <summary>The health that the bus reports; null before the start.</summary>
    public BusHealthResult? Health => running?.Health;

    /// <summary>Starts to listen. RabbitMQ need not be available.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        running = StartBus();
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Stops listening once the messages in progress are handled, or after a timeout.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAny(StopBusAsync(running), Task.Delay(Timeout.Infinite, cancellationToken));
    }

    /// <summary>Stops listening, even if the service was not stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        await StopBusAsync(running);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 1; ; failures++)
        {
            var bus = running!;
            if (await ListensAsync(bus, failures, stoppingToken))
                failures = 0;
            if (stoppingToken.IsCancellationRequested)
                return;

            logger.LogWarning("RabbitMQ answers, but the service does not listen to it: {Health}. Reconnecting", Describe(bus.Health));
            running = StartBus();
            _ = StopBusAsync(bus);
        }
    }

    RunningBus StartBus()
    {
        // Sets the logger of MassTransit for this call and for everything that it starts.
        LogContext.ConfigureCurrentLogContext(loggers);
        return new RunningBus(create());
    }

    // Returns when the bus does not listen or the service stops; true if the bus has listened in between.
    async Task<bool> ListensAsync(RunningBus bus, int failures, CancellationToken ct)
    {
        var patience = BackOff.After(failures, FirstPatience, LongestPatience);
        var hasListened = false;
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < patience)
        {
            try
            {
                await Task.Delay(Look, time, ct);
                if (bus.Health.Status != BusHealthStatus.Healthy && await broker.IsReachableAsync(ct))
                    continue;
            }
            // A cancelled call can throw any exception.
            catch (Exception) when (ct.IsCancellationRequested)
            {
                break;
            }

            since = time.GetTimestamp();
            if (bus.Health.Status != BusHealthStatus.Healthy)
                continue;

            hasListened = true;
            patience = FirstPatience;
        }

        return hasListened;
    }

    async Task StopBusAsync(RunningBus? bus)
    {
        try
        {
            await (bus?.StopAsync() ?? Task.CompletedTask);
        }
        catch (Exception exception)
        {
            logger.LogDebug(exception, "The bus did not stop cleanly");
        }
    }

    /// <summary>Describes the health of a bus and of each queue that the bus does not listen to.</summary>
    public static string Describe(BusHealthResult health) => string.Join("; ",
    [
        health.Description,
        .. health.Endpoints.Values.Where(endpoint => endpoint.Status != BusHealthStatus.Healthy).Select(
            endpoint => $"{endpoint.InputAddress.Segments[^1]}: {endpoint.Description}"),
    ]);

#pragma warning disable CA1001 // A source without a timer or a wait handle holds nothing to dispose of, and MassTransit may still look at it.
    sealed class RunningBus
#pragma warning restore CA1001
    {
        static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

        // Gives MassTransit time to end what it has cancelled. A bus that does not listen may never end.
        static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

        readonly IBusControl bus;
        readonly CancellationTokenSource giveUp = new();
        readonly Task started;
        readonly Lazy<Task> stopped;

        public RunningBus(IBusControl bus)
        {
            this.bus = bus;
            started = bus.StartAsync(giveUp.Token);
            stopped = new(() => EndAsync().WaitAsync(StopLimit + Grace));
        }

        public BusHealthResult Health => bus.CheckHealth();

        public Task StopAsync() => stopped.Value;

        // A bus that has not started stops when its start is cancelled.
        async Task EndAsync()
        {
            if (!started.IsCompletedSuccessfully)
            {
                await giveUp.CancelAsync();
                await started;
                return;
            }

            using var limit = new CancellationTokenSource(StopLimit);
            await bus.StopAsync(limit.Token);
        }
    }
}

/// <summary>
/// Reports degraded while the service does not listen to RabbitMQ: calls still work, and messages wait.
/// </summary>
sealed class RabbitListenerHealth(RabbitListener listener) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(listener.Health switch
        {
            null => HealthCheckResult.Degraded("Not started."),
            { Status: BusHealthStatus.Healthy } => HealthCheckResult.Healthy(),
            var health => HealthCheckResult.Degraded(RabbitListener.Describe(health)),
        });
}
