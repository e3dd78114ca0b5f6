using Journeys.BuildingBlocks;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Takes a report of finished content. One that is late or repeated changes nothing.</summary>
public sealed class ReportProgress(NpgsqlDataSource source, RunReader reader, RunStore store, AdvanceEnrollments advance, TimeProvider time)
{
    public async Task<(Run Run, AdvanceEnrollments.Fate Fate)> HandleAsync(
        PersonKey person, Guid journeyId, Signal.Reported reported, CancellationToken ct)
    {
        var (run, fate) = await source.InTransactionAsync(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var rows = await EnrollmentStore.LockLatestOfAsync(transaction, person, journeyId, ct);
                if (rows.Count == 0)
                    throw new NotFound("enrollment", $"of {person.FirstId} in journey {journeyId}");

                var loaded = await reader.ReadAsync(transaction, rows, ct);
                var run = loaded.Runs[0];
                var toHold = new List<(EnrollmentRow Row, string Signal)>();
                var fate = run.IsActive ? AdvanceEnrollments.Apply(run, loaded, [reported], toHold, now) : AdvanceEnrollments.Fate.Ignored;
                await HeldSignals.AddAsync(transaction, toHold, now, ct);
                await store.SaveAsync(transaction, [run], ct);
                return (run, fate);
            },
            ct);

        advance.Tell([run]);
        return (run, fate);
    }
}
