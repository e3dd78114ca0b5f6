using Journeys.BuildingBlocks;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Ends enrollments early. One that has ended stays as it is. A pause does not keep anybody from leaving.</summary>
public sealed class StopEnrollment(
    NpgsqlDataSource source, EnrollmentQueries queries, RunReader reader, RunStore store, AdvanceEnrollments advance, Clock clock)
{
    /// <summary>Stops the newest attempt of a person in a journey.</summary>
    public async Task<EnrollmentRow> HandleAsync(PersonKey person, Guid journeyId, string reason, CancellationToken ct)
    {
        var run = await source.InTransactionAsync(
            async transaction =>
            {
                var locked = await EnrollmentStore.LockLatestOfAsync(transaction, person, journeyId, ct);
                if (locked.Rows.Count == 0)
                    throw new NotFound("enrollment", $"of {person.FirstId} in journey {journeyId}");
                return (await StopAsync(transaction, locked, reason, ct))[0];
            },
            ct);

        advance.Tell([run]);
        return run.Row;
    }

    /// <summary>Stops one enrollment.</summary>
    public async Task<EnrollmentRow> HandleAsync(Guid siteId, Guid journeyId, Guid enrollmentId, string reason, CancellationToken ct)
    {
        var known = await queries.FindAsync(siteId, journeyId, enrollmentId, ct) ?? throw new NotFound("enrollment", enrollmentId);
        var runs = await source.InTransactionAsync(
            async transaction => await StopAsync(
                transaction, await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct), reason, ct),
            ct);

        advance.Tell(runs);
        return runs.Count > 0 ? runs[0].Row : known;
    }

    /// <summary>Stops locked enrollments within a transaction.</summary>
    public async Task<IReadOnlyList<Run>> StopAsync(
        NpgsqlTransaction transaction, LockedRows locked, string reason, CancellationToken ct)
    {
        var now = clock.At(locked.At);
        var loaded = await reader.ReadAsync(transaction, locked.Rows, ct);
        foreach (var run in loaded.Runs.Where(run => run.IsActive))
            run.Apply(new Signal.Stopped(reason), loaded.PersonOf(run), now);

        await store.SaveAsync(transaction, loaded.Runs, ct);
        return loaded.Runs;
    }
}
