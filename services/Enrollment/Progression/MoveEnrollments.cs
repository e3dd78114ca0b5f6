using System.Text.Json;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.Progression;

/// <summary>
/// Applies a change or events of one person: moves their enrollments, and enrolls them by trigger and by audience.
/// </summary>
/// <remarks>The cost depends on this person, not on how many others the journeys have.</remarks>
public sealed class MoveEnrollments(
    JourneyCatalog catalog, PersonFacts people, EnrollmentLoader loader, EnrollmentWriter writer, EnrollPeople enroll, RuleEffort efforts,
    Clock clock, TimeProvider time)
{
    /// <summary>
    /// Applies a change or events within the transaction that stored them. The caller has locked the profile, so that
    /// changes of one person are applied one after the other.
    /// </summary>
    /// <param name="transaction">The transaction that holds the lock of the profile.</param>
    /// <param name="siteId">The person's site.</param>
    /// <param name="profile">The person as stored now.</param>
    /// <param name="events">New events in order; empty for a change of traits.</param>
    /// <param name="mayEnter">The journeys that the person may enter by this call.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<Enrollment>> HandleAsync(
        NpgsqlTransaction transaction, Guid siteId, ProfileRow profile, IReadOnlyList<PersonEvent> events, MayEnter mayEnter, CancellationToken ct)
    {
        var askedAt = time.GetTimestamp();
        var locked = await EnrollmentStore.LockActiveOfPersonAsync(transaction, siteId, profile.ProfileId, ct);
        // The present catalog, so that a journey that another replica has just learned of counts: its sweep may have
        // passed this person already.
        var site = await catalog.NowAsync(siteId, locked.ChangeNo, askedAt, ct);
        var now = clock.At(locked.At);
        var effort = efforts.Of(siteId, ct);
        Effort EffortOfEntry() => mayEnter.Apart ? efforts.Of(siteId, ct) : effort;
        var enrollments = (await loader.LoadAsync(transaction, locked.Rows, ct, effort)).ToList();

        // A call with events may also change a date that an enrollment waits for, because a date without a time means
        // midnight in the person's time zone.
        foreach (var enrollment in enrollments.Where(enrollment => events.Count == 0 || enrollment.AwaitsDate))
            enrollment.Receive([new Signal.PersonChanged()], now);

        foreach (var happened in events)
        {
            foreach (var enrollment in enrollments.Where(enrollment => enrollment.IsActive))
            {
                if (enrollment.IsNew)
                    await mayEnter.TryAsync(enrollment.Row.JourneyId, () => ApplyAsync(enrollment, happened));
                else
                    enrollment.Receive([new Signal.EventSeen(happened)], now);
            }

            await AdmitAllAsync(await TriggeredAsync(transaction, site, profile, happened, now, mayEnter, EffortOfEntry, ct));
        }

        await AdmitAllAsync(await MatchingAsync(transaction, site, profile, enrollments, now, mayEnter, EffortOfEntry, ct));

        // Saves each new enrollment alone, so that a failure names its journey.
        foreach (var enrollment in enrollments.Where(enrollment => mayEnter.Apart && enrollment.IsNew))
            await mayEnter.TryAsync(enrollment.Row.JourneyId, () => writer.SaveAsync(transaction, [enrollment], ct));
        await writer.SaveAsync(transaction, enrollments, ct);
        return enrollments;

        async Task ApplyAsync(Enrollment enrollment, PersonEvent happened)
        {
            var person = await PersonAsync(transaction, siteId, profile, enrollment.Journey.Needs, EffortOfEntry(), ct);
            enrollment.Apply(new Signal.EventSeen(happened), now, person);
        }

        async Task AdmitAllAsync(IEnumerable<EnrollPeople.Entry> entries)
        {
            foreach (var entry in entries)
                enrollments.AddRange(await mayEnter.TryAsync(
                    entry.Journey.JourneyId, () => AdmitAsync(transaction, entry, profile, enrollments, EffortOfEntry(), ct)));
        }
    }

    /// <summary>
    /// Whether <see cref="HandleAsync"/> without events would change nothing for a person who has not changed. Takes no
    /// locks, and is false too if the answer takes a query or an enrollment is at fault.
    /// </summary>
    /// <param name="site">The site, not older than the rows.</param>
    /// <param name="profile">The person.</param>
    /// <param name="latest">The person's latest attempt in each journey, read together with the profile.</param>
    /// <param name="mayEnter">The journeys that the person may enter.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<bool> ChangesNothingAsync(
        SiteCatalog site, Guid siteId, ProfileRow profile, IReadOnlyList<EnrollmentRow> latest, MayEnter mayEnter, CancellationToken ct)
    {
        var now = clock.At(profile.ReadAt);
        var person = PersonFacts.WithoutQuery(site, profile, efforts.Of(siteId, ct));
        try
        {
            foreach (var row in latest.Where(row => row.Status == EnrollmentStatuses.Active))
            {
                var enrollment = await loader.TryLoadAsync(row, site, person, ct);
                enrollment?.Receive([new Signal.PersonChanged()], now);
                if (enrollment is not { IsUntouched: true })
                    return false;
            }

            var byJourney = latest.ToDictionary(row => row.JourneyId);
            return !site.AutoEnrolling.Any(journey =>
                Admits(journey, profile, mayEnter) && ReEnrollment.MayBegin(byJourney.GetValueOrDefault(journey.JourneyId), journey, now)
                && (PersonFacts.TakesQuery(site, NeedsOf(site, journey)) || Belongs(site, journey, person, now)));
        }
        catch (Exception failure) when (RowFault.Is(failure))
        {
            return false;
        }
    }

    async Task<IEnumerable<Enrollment>> AdmitAsync(
        NpgsqlTransaction transaction, EnrollPeople.Entry entry, ProfileRow profile, IReadOnlyList<Enrollment> enrollments, Effort effort,
        CancellationToken ct)
    {
        // Skips the queries if the person is in the journey already, as for most page views.
        if (enrollments.Any(enrollment => enrollment.IsActive && enrollment.Row.JourneyId == entry.Journey.JourneyId))
            return [];

        // Saves an attempt that this call has just ended, because whether another one may begin is read from the
        // database.
        var before = enrollments.Where(enrollment => enrollment.NeedsUpdate && enrollment.Row.JourneyId == entry.Journey.JourneyId).ToList();
        if (before.Count > 0)
            await writer.SaveAsync(transaction, before, ct);

        var admissions = await enroll.AdmitAsync(
            transaction, entry, [profile], effort, () => Availability.HoldOpenAsync(transaction, entry.Journey, ct), ct);
        return admissions.Where(admission => admission.Created).Select(admission => admission.Enrollment!);
    }

    // Returns the journeys with a trigger that this event matches, if the person matches their audience.
    async Task<IReadOnlyList<EnrollPeople.Entry>> TriggeredAsync(
        NpgsqlTransaction transaction, SiteCatalog site, ProfileRow profile, PersonEvent happened, DateTimeOffset now, MayEnter mayEnter,
        Func<Effort> effort, CancellationToken ct)
    {
        var entries = new List<EnrollPeople.Entry>();
        foreach (var journey in site.TriggeredBy(happened.Name).Where(journey => Admits(journey, profile, mayEnter)))
        {
            if (await mayEnter.TryAsync(journey.JourneyId, () => FindTriggerAsync(journey)) is { } trigger)
                entries.Add(new(journey, EntrySources.Trigger, $"trigger:{happened.Name}", trigger.NodeId, PropertiesOf(happened)));
        }

        return entries;

        async Task<CompiledTrigger?> FindTriggerAsync(LiveJourney journey)
        {
            var person = await PersonAsync(transaction, journey.SiteId, profile, NeedsOf(site, journey), effort(), ct);
            var trigger = journey.Compiled.Triggers.FirstOrDefault(trigger => trigger.Matches(happened, person, now));
            return trigger is not null && Belongs(site, journey, person, now) ? trigger : null;
        }
    }

    // Returns the journeys with auto-enrollment whose audience the person matches and in which they have no enrollment.
    async Task<IReadOnlyList<EnrollPeople.Entry>> MatchingAsync(
        NpgsqlTransaction transaction, SiteCatalog site, ProfileRow profile, List<Enrollment> enrollments, DateTimeOffset now, MayEnter mayEnter,
        Func<Effort> effort, CancellationToken ct)
    {
        var candidates = site.AutoEnrolling
            .Where(journey => Admits(journey, profile, mayEnter) && !enrollments.Any(enrollment => enrollment.Row.JourneyId == journey.JourneyId))
            .ToList();
        var entries = new List<EnrollPeople.Entry>();
        foreach (var some in candidates.Chunk(mayEnter.Apart ? 1 : Math.Max(1, candidates.Count)))
        {
            var matching = await mayEnter.TryAsync(some[0].JourneyId, () => MatchAsync(some));
            entries.AddRange(matching.Select(journey => new EnrollPeople.Entry(journey, EntrySources.Audience, "audience")));
        }

        return entries;

        async Task<IReadOnlyList<LiveJourney>> MatchAsync(IReadOnlyList<LiveJourney> journeys)
        {
            var needs = journeys.Aggregate(new RuleNeeds(), (all, journey) => all.Add(NeedsOf(site, journey)));
            var person = await PersonAsync(transaction, journeys[0].SiteId, profile, needs, effort(), ct);
            return [.. journeys.Where(journey => Belongs(site, journey, person, now))];
        }
    }

    async Task<Person> PersonAsync(
        NpgsqlTransaction transaction, Guid siteId, ProfileRow profile, RuleNeeds needs, Effort effort, CancellationToken ct) =>
        (await people.LoadAsync(transaction, siteId, [profile], needs, effort, ct))[profile.ProfileId];

    static string PropertiesOf(PersonEvent happened) =>
        happened.Properties.ValueKind == JsonValueKind.Object ? happened.Properties.GetRawText() : "{}";

    static bool Admits(LiveJourney journey, ProfileRow profile, MayEnter mayEnter) =>
        mayEnter.Any && !mayEnter.LeftOut.Contains(journey.JourneyId) && (profile.UserId.Length > 0 || journey.Design.AllowAnonymous);

    static RuleNeeds NeedsOf(SiteCatalog site, LiveJourney journey)
    {
        var needs = new RuleNeeds();
        if (journey.AudienceId is { } audienceId)
            needs.Audiences.Add(audienceId);
        return site.WithAudiences(needs);
    }

    static bool Belongs(SiteCatalog site, LiveJourney journey, Person person, DateTimeOffset now) =>
        journey.AudienceId is not { } audienceId
        || (site.FindAudience(audienceId) is { } holds && holds(new Facts(person, null, null, now)));
}
