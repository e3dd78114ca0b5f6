using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Starts sweeps at intervals for audiences that people may begin to match because time passes.</summary>
public sealed class StartSweeps(NpgsqlDataSource source, Wake<SendChunks> wake, IOptions<SchedulerOptions> options, TimeProvider time) : IChore
{
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var interval = TimeSpan.FromSeconds(options.Value.SweepIntervalSeconds);
        await source.InBackgroundAsync(
            async transaction =>
            {
                foreach (var (siteId, journeyId) in await JourneyStore.TakeDueForSweepAsync(transaction, time.GetGiven(), interval, ct))
                    await JobStore.AddAsync(transaction, siteId, FreshId.Make(now), JobKinds.AudienceSweep, journeyId, "", 0, now, ct);
            },
            ct);
        wake.Set();
        return interval / 30;
    }
}
