using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Aside;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Takes a report of finished content. One that is late or repeated changes nothing.</summary>
public sealed class ReportProgress(
    NpgsqlDataSource source, JourneyCatalog catalog, RunReader reader, RunStore store, AdvanceEnrollments advance, MovePerson move, RetrySetAside aside,
    TimeProvider time, Clock clock)
{
    public async Task<(Run Run, AdvanceEnrollments.Fate Fate)> HandleAsync(
        PersonKey person, Guid journeyId, Signal.Reported reported, CancellationToken ct)
    {
        var site = await catalog.OfAsync(person.SiteId, ct);
        var (run, fate, moved) = await aside.CallAsync(
            person, [reported], letsIn: true, mayEnter => StoreAsync(person, journeyId, reported, site, mayEnter, ct), ct);

        advance.Tell([run, .. moved]);
        return (run, fate);
    }

    Task<(Run Run, AdvanceEnrollments.Fate Fate, IReadOnlyList<Run> Moved)> StoreAsync(
        PersonKey person, Guid journeyId, Signal.Reported reported, SiteCatalog site, bool letsIn, CancellationToken ct) =>
        source.InTransactionAsync<(Run, AdvanceEnrollments.Fate, IReadOnlyList<Run>)>(
            async transaction =>
            {
                var profile = site.AsksForContent ? await LockKnownAsync(transaction, person, time.GetUtcNow(), ct) : null;
                var locked = await EnrollmentStore.LockLatestOfAsync(transaction, person, journeyId, ct);
                if (locked.Rows.Count == 0)
                    throw new NotFound("enrollment", $"of {person.FirstId} in journey {journeyId}");

                var now = clock.At(locked.At);
                var loaded = await reader.ReadAsync(transaction, locked.Rows, ct);
                var run = loaded.Runs[0];
                var toHold = new List<(EnrollmentRow Row, string Signal)>();
                var fate = run.IsActive && !await RepeatedReports.IsOneAsync(transaction, run, reported, now, ct) ? AdvanceEnrollments.Apply(run, loaded, [reported], toHold, now) : AdvanceEnrollments.Fate.Ignored;
                await HeldSignals.AddAsync(transaction, toHold, now, ct);
                await store.SaveAsync(transaction, [run], ct);

                // What was finished here may be another journey's goal, or what an audience asks for.
                var moved = profile is not null && fate == AdvanceEnrollments.Fate.Applied
                    ? await move.HandleAsync(transaction, person.SiteId, profile, [], letsIn, ct)
                    : [];
                // It may have moved this run once more.
                return (moved.FirstOrDefault(other => other.Row.EnrollmentId == run.Row.EnrollmentId && other.HasChanged) ?? run, fate, moved);
            },
            ct);

    // Before the enrollment, as everybody locks.
    static async Task<ProfileRow?> LockKnownAsync(NpgsqlTransaction transaction, PersonKey person, DateTimeOffset now, CancellationToken ct) =>
        await ProfileStore.FindAsync(transaction.Connection!, person, ct) is null ? null : await ProfileStore.LockAsync(transaction, person, now, ct);
}
