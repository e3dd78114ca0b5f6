using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks;

/// <summary>Keeps a MassTransit bus that listens to all queues of the service.</summary>
/// <remarks>
/// The bus connects again on its own, except when its connection ends while it declares its queues: then it may wait forever. So a bus that
/// does not listen for a while, although RabbitMQ answers, is given up and another one takes its place. Both may listen for a moment, as two
/// replicas do.
/// </remarks>
public sealed class RabbitListener(
    Func<IBusControl> create, IMessagePublisher broker, TimeProvider time, ILoggerFactory loggers, ILogger<RabbitListener> logger) : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // Declaring may take long on a broker that is still starting; giving up too early each time would never end.
    static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(15);
    static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(2);

    static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    volatile RunningBus? running;

    /// <summary>What the bus says of itself; null before the start.</summary>
    public BusHealthResult? Health => running?.Health;

    /// <summary>Stops listening once the messages under way are handled, or after a while.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (running is { } last)
            await StopAsync(last);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // For MassTransit, in this flow of calls and in what it starts from here.
        LogContext.ConfigureCurrentLogContext(loggers);
        for (var failures = 1; !stoppingToken.IsCancellationRequested; failures++)
        {
            var bus = running = new RunningBus(create());
            if (await ListensAsync(bus, failures, stoppingToken))
                failures = 0;
            if (stoppingToken.IsCancellationRequested)
                return;

            logger.LogWarning("RabbitMQ answers, but the service does not listen to it: {Health}. Connecting anew", Describe(bus.Health));
            _ = StopAsync(bus);
        }
    }

    // Returns when the bus is deaf or the service stops; true if it has listened in between.
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
            catch (OperationCanceledException)
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

    async Task StopAsync(RunningBus bus)
    {
        try
        {
            await bus.StopAsync(StopLimit);
        }
        catch (Exception exception)
        {
            logger.LogDebug(exception, "The bus did not stop in good order");
        }
    }

    /// <summary>What a bus says of itself and of each queue that it does not listen to.</summary>
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
        readonly IBusControl bus;
        readonly CancellationTokenSource giveUp = new();
        readonly Task started;

        public RunningBus(IBusControl bus)
        {
            this.bus = bus;
            started = bus.StartAsync(giveUp.Token);
        }

        public BusHealthResult Health => bus.CheckHealth();

        // A bus that has not started stops when its start is given up.
        public async Task StopAsync(TimeSpan limit)
        {
            if (started.IsCompletedSuccessfully)
            {
                using var over = new CancellationTokenSource(limit);
                await bus.StopAsync(over.Token).WaitAsync(limit);
                return;
            }

            await giveUp.CancelAsync();
            await started.WaitAsync(limit);
        }
    }
}

/// <summary>Degraded while the service does not listen to RabbitMQ: calls go on, and messages wait.</summary>
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
