using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RuleQueries;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Ingestion;

/// <summary>
/// Stores who a person is, with traits and context. Joins a visitor to a user, once and not reversibly.
/// </summary>
public sealed class IdentifyPerson(
    NpgsqlDataSource source, RecognizePerson recognize, MoveEnrollments move, MergeEnrollments join, AfterCommit after, GuardCall guard,
    RuleEffort efforts, Outbox outbox, TimeProvider time)
{
    /// <summary>The result of a call.</summary>
    public sealed record Outcome(
        ProfileRow Profile, bool Merged, IReadOnlyList<Enrollment> Enrollments, IReadOnlyList<Proto.Warning> Warnings)
    {
        /// <summary>The person's latest attempts, newest first; null if they were not read.</summary>
        public IReadOnlyList<EnrollmentRow>? Latest { get; init; }
    }

    public async Task<Outcome> HandleAsync(PersonKey person, Struct? traits, Proto.Context? context, MayEnter mayEnter, CancellationToken ct)
    {
        PersonContext.Check(traits);
        efforts.RefuseOverspent(person.SiteId);
        if (await recognize.HandleAsync(person, traits, context, mayEnter, ct) is { } unchanged)
            return unchanged;

        var outcome = await guard.HandleAsync(
            person, [new Signal.PersonChanged()], mayEnter, mayStillEnter => StoreAsync(person, traits, context, mayStillEnter, ct), ct);

        if (outcome.Merged)
            outbox.Wake();
        after.Announce(outcome.Enrollments);
        return outcome;
    }

    Task<Outcome> StoreAsync(PersonKey person, Struct? traits, Proto.Context? context, MayEnter mayEnter, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var warnings = new List<Proto.Warning>();
                var (known, merged, joined) = await ResolveAsync(transaction, person, now, warnings, ct);
                var given = PersonContext.Merge(known, context, warnings) with { Traits = PersonContext.MergeTraits(known.Traits, traits) };
                var profile = await ProfileStore.UpdateAsync(transaction, person.SiteId, given, merged || given != known, now, ct);

                var moved = await move.HandleAsync(transaction, person.SiteId, profile, [], mayEnter, ct);
                return new Outcome(profile, merged, [.. joined, .. moved], warnings);
            },
            ct);

    // Always locks the visitor before the user, so that concurrent calls for the same pair wait, and the second finds
    // the work done.
    async Task<(ProfileRow Profile, bool Merged, IReadOnlyList<Enrollment> Joined)> ResolveAsync(
        NpgsqlTransaction transaction, PersonKey person, DateTimeOffset now, ICollection<Proto.Warning> warnings, CancellationToken ct)
    {
        if (person.IsAnonymous || person.AnonymousId.Length == 0)
            return (await ProfileStore.LockAsync(transaction, person, now, ct), false, []);

        var visitor = await ProfileStore.TryLockVisitorAsync(transaction, person, ct);
        if (visitor?.UserId == person.UserId)
            return (visitor, false, []);

        visitor ??= await ProfileStore.LockVisitorAsync(transaction, person.SiteId, person.AnonymousId, now, ct);
        var isJoined = visitor.UserId == person.UserId;
        var user = isJoined ? visitor : await ProfileStore.LockUserAsync(transaction, person.SiteId, person.UserId, now, ct);
        await ErasedPersonStore.RefuseErasedAsync(transaction, person, ct);
        // A visitor joined to one user is never moved to another.
        if (visitor.UserId.Length > 0)
            return (user, false, []);

        // Sweeps, lists and backends enroll people without these locks. From here on their enrollments are visible, and
        // they cannot add others.
        await ProfileStore.LockBothAsync(transaction, person.SiteId, visitor.ProfileId, user.ProfileId, ct);
        var enrollments = await join.HandleAsync(transaction, person.SiteId, visitor, user, ct);
        await EventStore.MoveAsync(transaction, person.SiteId, visitor.ProfileId, user.ProfileId, ct);
        await EnrollmentWriter.MoveAsync(transaction, person.SiteId, visitor.ProfileId, user.ProfileId, ct);
        await ContentOutcomeStore.MoveAsync(transaction, person.SiteId, visitor.ProfileId, user.ProfileId, ct);
        await ProfileStore.MergeAsync(transaction, person.SiteId, visitor.ProfileId, user.ProfileId, ct);
        await ProfileStore.NoteJoinedAsync(transaction, person.SiteId, person.AnonymousId, now, ct);
        await outbox.AddAsync(
            transaction,
            new Events.ProfileMerged
            {
                SiteId = person.SiteId.ToString(),
                UserId = person.UserId,
                AnonymousId = person.AnonymousId,
                Time = now.ToTimestamp(),
            },
            ct);

        var joined = user with
        {
            Traits = PersonContext.JoinTraits(user.Traits, visitor.Traits, warnings),
            Context = PersonContext.JoinContexts(user.Context, visitor.Context),
            TimeZone = user.TimeZone ?? visitor.TimeZone,
            Locale = user.Locale ?? visitor.Locale,
        };
        return (joined, true, enrollments);
    }
}
