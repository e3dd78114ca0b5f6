using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;

namespace Journeys.Enrollments.Repair;

/// <summary>
/// Measures enrollments that do not move although they should: `journeys.waits.overdue` and `journeys.set_aside`. Both
/// are 0 in a healthy run.
/// </summary>
public sealed class WaitsMeter : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    static readonly TimeSpan TellsAgain = TimeSpan.FromMinutes(10);

    readonly CountLate late;
    readonly TimeProvider time;
    readonly ILogger<WaitsMeter> logger;
    (int SetAside, int Overdue) last;
    DateTimeOffset toldAt;

    public WaitsMeter(CountLate late, IMeterFactory meters, TimeProvider time, ILogger<WaitsMeter> logger)
    {
        (this.late, this.time, this.logger) = (late, time, logger);
        var meter = meters.Create(Telemetry.MeterName);
        meter.CreateObservableGauge(
            "journeys.waits.overdue", () => last.Overdue, "{enrollment}", "Waits of running journeys that should have ended over a minute ago, at most 10,000");
        meter.CreateObservableGauge(
            "journeys.set_aside", () => last.SetAside, "{enrollment}", "Enrollments that could not be moved and are retried, at most 10,000");
    }

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        last = await late.HandleAsync(siteId: null, ct);
        if (last != (0, 0) && time.GetUtcNow() >= toldAt + TellsAgain)
        {
            toldAt = time.GetUtcNow();
            logger.LogWarning("{Overdue} waits are overdue by more than a minute, and {SetAside} enrollments are set aside", last.Overdue, last.SetAside);
        }

        return Interval;
    }
}
