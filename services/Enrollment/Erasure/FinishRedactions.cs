using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Erasure;

/// <summary>Looks at what erasures have left of a long outbox, a window at a time, and measures how long that takes: `journeys.redactions.age`.</summary>
/// <remarks>Each window is a transaction with the note of how far it reached. Replicas share the work, and sites take turns.</remarks>
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

        // Before the work, so that one that fails does not keep those of other sites.
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
