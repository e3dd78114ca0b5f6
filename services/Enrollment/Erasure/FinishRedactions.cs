using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Erasure;

/// <summary>
/// Redacts the parts of a long outbox that erasures left over, a window at a time, and measures the age of the oldest:
/// `journeys.redactions.age`.
/// </summary>
/// <remarks>
/// Each window and its new position are saved in one transaction. Replicas share the work, and sites are processed
/// round-robin.
/// </remarks>
public sealed class FinishRedactions : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan UntilNextSite = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    readonly NpgsqlDataSource source;
    readonly RedactOutbox redact;
    readonly TimeProvider time;
    readonly ILogger<FinishRedactions> logger;
    double age;
    Guid site;
    DateTimeOffset toldAt;

    public FinishRedactions(NpgsqlDataSource source, RedactOutbox redact, IMeterFactory meters, TimeProvider time, ILogger<FinishRedactions> logger)
    {
        (this.source, this.redact, this.time, this.logger) = (source, redact, time, logger);
        meters.Create(Telemetry.MeterName).CreateObservableGauge(
            "journeys.redactions.age", () => age, "s", "Time since the oldest erasure whose user may still be named in the outbox");
    }

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var next = await RedactionStore.FindSiteAsync(source, site, ct);
        age = next?.Age ?? 0;
        if (next is null)
            return Interval;

        // Moves on to this site before the work, so that a redaction that fails does not block other sites.
        site = next.Value.SiteId;
        TellIfLong();
        return await source.InBackgroundAsync(transaction => redact.ContinueOldestAsync(transaction, site, ct), ct) ? TimeSpan.Zero : UntilNextSite;
    }

    void TellIfLong()
    {
        if (age < Long.TotalSeconds || time.GetUtcNow() < toldAt + Long)
            return;

        toldAt = time.GetUtcNow();
        logger.LogWarning("Messages in the outbox may still name a user who was erased {Age} ago", TimeSpan.FromSeconds(Math.Round(age)));
    }
}
