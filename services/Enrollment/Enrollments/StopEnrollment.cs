using Journeys.BuildingBlocks;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Ends enrollments early. One that has ended stays as it is. A pause does not keep anybody from leaving.</summary>
public sealed class StopEnrollment(
    NpgsqlDataSource source, IdempotencyKeys keys, EnrollmentQueries queries, RunReader reader, RunStore store,
    AdvanceEnrollments advance, Clock clock)
{
    /// <summary>Stops the newest attempt of a person in a journey. A repeat of the request does not stop a later one.</summary>
    public async Task<EnrollmentRow> HandleAsync(PersonKey person, Guid journeyId, string reason, RequestKey? key, CancellationToken ct)
    {
        var (run, first) = await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [], ct) is { } known)
                    return (null, known);

                var locked = await EnrollmentStore.LockLatestOfAsync(transaction, person, journeyId, ct);
                if (locked.Rows.Count == 0)
                    throw NotThere(person, journeyId);

                await keys.NoteAsync(transaction, key, new FirstAnswer([], [locked.Rows[0].EnrollmentId]), ct);
                var runs = await StopAsync(transaction, locked, reason, ct);
                return ((Run?)runs[0], (FirstAnswer?)null);
            },
            ct);

        if (run is null)
        {
            var known = (await queries.ListByIdAsync(person.SiteId, first!.Found, ct)).SingleOrDefault() ?? throw NotThere(person, journeyId);
            person.RequireProof(known.UserId);
            return known;
        }

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

    static NotFound NotThere(PersonKey person, Guid journeyId) => new("enrollment", $"of {person.FirstId} in journey {journeyId}");
}
