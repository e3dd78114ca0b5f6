using Journeys.BuildingBlocks;

namespace Journeys.Enrollments.Simulations;

/// <summary>Removes simulations after 30 days.</summary>
public sealed class ForgetSimulations(SimulationStore store, TimeProvider time) : IChore
{
    const int Batch = 20;
    static readonly TimeSpan Kept = TimeSpan.FromDays(30);
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct) =>
        await store.RemoveOldAsync(time.GetUtcNow() - Kept, Batch, ct) < Batch ? Interval : TimeSpan.Zero;
}
