using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RuleQueries;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Ingestion;

/// <summary>
/// Stores events of a person and moves their enrollments accordingly, all or nothing, each event once.
/// </summary>
public sealed class RecordEvents(
    NpgsqlDataSource source, MoveEnrollments move, AfterCommit after, GuardCall guard, RuleEffort efforts,
    TimeProvider time, Clock clock)
{
    static readonly TimeSpan Oldest = TimeSpan.FromDays(30);

    /// <summary>The result of a call.</summary>
    public sealed record Outcome(Guid ProfileId, int Accepted, int Duplicates, IReadOnlyList<Enrollment> Enrollments, IReadOnlyList<Proto.Warning> Warnings);

    public async Task<Outcome> HandleAsync(PersonKey person, IReadOnlyList<NewEvent> events, Proto.Context? context, MayEnter mayEnter, CancellationToken ct)
    {
        efforts.RefuseOverspent(person.SiteId);
        // Dated by this replica's clock until the database's time is known.
        var signals = Signals(Date(events, time.GetUtcNow())).ToList();
        var outcome = await guard.HandleAsync(
            person, signals, mayEnter, mayStillEnter => StoreAsync(person, events, signals, context, mayStillEnter, ct), ct);

        after.Announce(outcome.Enrollments);
        return outcome;
    }

    Task<Outcome> StoreAsync(
        PersonKey person, IReadOnlyList<NewEvent> given, List<Signal> signals, Proto.Context? context, MayEnter mayEnter,
        CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var stored = await ProfileStore.LockAsync(transaction, person, now, ct);
                var events = Date(given, clock.At(stored.ReadAt));
                RefuseOld(events, clock.At(stored.ReadAt));
                signals.Clear();
                signals.AddRange(Signals(events));
                var warnings = new List<Proto.Warning>();
                var merged = PersonContext.Merge(stored, context, warnings);
                var profile = await ProfileStore.UpdateAsync(transaction, person.SiteId, merged, merged != stored, now, ct);

                var added = await EventStore.AddAsync(transaction, person.SiteId, profile.ProfileId, events, ct);
                var fresh = events.DistinctBy(e => e.EventId, StringComparer.Ordinal).Where(e => added.Contains(e.EventId)).ToList();
                var enrollments = fresh.Count == 0
                    ? []
                    : await move.HandleAsync(
                        transaction, person.SiteId, profile, [.. fresh.Select(ToEvent)], mayEnter, ct);
                return new Outcome(profile.ProfileId, fresh.Count, events.Count - fresh.Count, enrollments, warnings);
            },
            ct);

    // By the database's clock, as everything that happens to people: an event without a time, or with one in the future,
    // happened now.
    static IReadOnlyList<NewEvent> Date(IReadOnlyList<NewEvent> events, DateTimeOffset now) =>
        [.. events.Select(e => e.OccurredAt > now ? e with { OccurredAt = now } : e)];

    static void RefuseOld(IReadOnlyList<NewEvent> events, DateTimeOffset now)
    {
        for (var index = 0; index < events.Count; index++)
        {
            if (events[index].OccurredAt < now - Oldest)
                throw new InvalidInput($"events[{index}].time", "is more than 30 days ago.");
        }
    }

    static IEnumerable<Signal> Signals(IEnumerable<NewEvent> events) => events.Select(e => new Signal.EventSeen(ToEvent(e)));

    static PersonEvent ToEvent(NewEvent e) => new(e.Name, e.OccurredAt, e.ParsedProperties, e.Url);
}
