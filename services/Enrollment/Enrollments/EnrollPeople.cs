using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Enrolls people in a journey, once each, however many requests race.</summary>
public sealed class EnrollPeople(PersonFacts people, EnrollmentWriter writer, Clock clock)
{
    /// <summary>How people enter.</summary>
    /// <param name="Journey">A published journey.</param>
    /// <param name="Source">One of <see cref="EntrySources"/>.</param>
    /// <param name="Cause">The cause that the first visit records.</param>
    /// <param name="TriggerNodeId">The trigger through which they enter; null skips the triggers.</param>
    /// <param name="Properties">The properties of the entry, a JSON object. Rules of the enrollment read them as
    /// `entry.&lt;path&gt;`.</param>
    public sealed record Entry(LiveJourney Journey, string Source, string Cause, string? TriggerNodeId = null, string Properties = "{}");

    /// <summary>The result for one person.</summary>
    /// <param name="Profile">The person.</param>
    /// <param name="Row">Their present enrollment; null if an exit rule already applies, so that they were not
    /// enrolled.</param>
    /// <param name="Created">Whether this call created the enrollment.</param>
    /// <param name="Enrollment">The new enrollment, whose visits are not saved yet; null when it existed
    /// before.</param>
    public sealed record Admission(ProfileRow Profile, EnrollmentRow? Row, bool Created, Enrollment? Enrollment);

    /// <summary>Returns the refusal of a person to whom an exit rule already applies.</summary>
    public static Refused ExitRuleHolds() =>
        new Refused("EXIT_RULE_HOLDS", "An exit rule of the journey already applies to this person, so they would leave immediately.");

    /// <summary>Returns the error for a person who cannot be enrolled.</summary>
    public static DomainException RefusalOf(Exception failure) => failure as RulesTooCostly
        ?? (DomainException)new Refused("CANNOT_BE_ENROLLED", "The data stored for this person caused an error. See the service log.");

    /// <summary>
    /// Enrolls people and saves everything within the transaction. Returns one result for each person, in their order.
    /// </summary>
    public async Task<IReadOnlyList<Admission>> HandleAsync(
        NpgsqlTransaction transaction, Entry entry, IReadOnlyList<ProfileRow> profiles, CancellationToken ct)
    {
        var admissions = await AdmitAsync(transaction, entry, profiles, effort: null, holdOpen: null, ct);
        await writer.SaveAsync(transaction, [.. admissions.Where(admission => admission.Created).Select(admission => admission.Enrollment!)], ct);
        return admissions;
    }

    /// <summary>
    /// The number of people who fail after which the journey is considered the cause, so that the rest are not tried.
    /// </summary>
    public const int MostLeftOut = 20;

    /// <summary>
    /// Enrolls as many people as possible after enrolling all of them at once has failed: tries halves of halves, or
    /// one person at a time after a timeout, until each person who causes an error fails alone and is left out.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="entry">How they enter.</param>
    /// <param name="profiles">The people.</param>
    /// <param name="failure">The error of the attempt with all of them at once.</param>
    /// <param name="portion">The budget: it limits how many are tried, the first ones first, and records those left
    /// out.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<Admission>> HandleApartAsync(
        NpgsqlTransaction transaction, Entry entry, IReadOnlyList<ProfileRow> profiles, Exception failure, Portion portion, CancellationToken ct)
    {
        var all = new List<Admission>();
        foreach (var some in profiles.Chunk(RowFault.TookTooLong(failure) ? 1 : Math.Max(1, (profiles.Count + 1) / 2)))
            all.AddRange(await HandlePartAsync(transaction, entry, some, portion, ct));
        return all;
    }

    // A timeout of one person alone is not caught here: a lock or a slow database causes it, and it fails the whole
    // call.
    async Task<IReadOnlyList<Admission>> HandlePartAsync(
        NpgsqlTransaction transaction, Entry entry, ProfileRow[] profiles, Portion portion, CancellationToken ct)
    {
        const string part = "part";
        if (!portion.MayGoOn)
            return [];

        await transaction.SaveAsync(part, ct);
        try
        {
            var admissions = await HandleAsync(transaction, entry, profiles, ct);
            await transaction.ReleaseAsync(part, ct);
            portion.Tried();
            return admissions;
        }
        catch (Exception failure) when (RowFault.Is(failure) || (RowFault.TookTooLong(failure) && profiles.Length > 1))
        {
            await transaction.RollbackAsync(part, ct);
            await transaction.ReleaseAsync(part, ct);
            if (profiles is [var only])
            {
                portion.LeaveOut(only.ProfileId, failure);
                return [];
            }

            return await HandleApartAsync(transaction, entry, profiles, failure, portion, ct);
        }
    }

    /// <summary>Enrolls people. The caller saves the new enrollments, and may apply signals to them before.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="entry">How they enter.</param>
    /// <param name="profiles">The people.</param>
    /// <param name="effort">The budget for the rules of all of them together; null gives each person a budget of their
    /// own.</param>
    /// <param name="holdOpen">Locks the journey against status changes and returns whether it accepts people. Called
    /// only if somebody can enter; null when the caller does so.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<Admission>> AdmitAsync(
        NpgsqlTransaction transaction, Entry entry, IReadOnlyList<ProfileRow> profiles, Effort? effort, Func<Task<bool>>? holdOpen, CancellationToken ct)
    {
        var journey = entry.Journey;
        var (latest, lockedAt) = await LatestAsync(transaction, journey, profiles, ct);
        var now = clock.At(lockedAt);

        var entering = profiles
            .Select(profile => (Profile: profile, Latest: latest.GetValueOrDefault(profile.ProfileId)))
            .Where(person => ReEnrollment.MayBegin(person.Latest, journey, now))
            .ToList();
        if (entering.Count == 0 || (holdOpen is not null && !await holdOpen()))
            return [.. profiles.Select(profile => new Admission(profile, latest.GetValueOrDefault(profile.ProfileId), Created: false, Enrollment: null))];

        var returning = entering.Where(person => person.Latest is not null).Select(person => person.Profile.ProfileId).ToArray();
        var lastAttempts = await EnrollmentStore.LastAttemptsAsync(transaction, journey.SiteId, journey.JourneyId, returning, ct);

        var facts = await people.LoadAsync(transaction, journey.SiteId, [.. entering.Select(person => person.Profile)], journey.Compiled.Needs, effort, ct);
        var data = new JourneyData("{}", entry.Properties);
        // A person who would leave immediately is not enrolled, because the next trigger or call would enroll them
        // again.
        var leaving = entering
            .Select(person => person.Profile.ProfileId)
            .Where(profileId => JourneyEngine.ExitAtEntry(journey.Compiled, data, facts[profileId], now) is not null)
            .ToHashSet();
        var candidates = entering
            .Where(person => !leaving.Contains(person.Profile.ProfileId))
            .Select(person => Enrollment.Begin(
                journey,
                entry,
                Seed(entry, person.Profile, person.Latest, lastAttempts.GetValueOrDefault(person.Profile.ProfileId) + 1, now),
                person.Latest,
                facts[person.Profile.ProfileId],
                now))
            .ToList();

        var inserted = candidates.Count == 0 ? [] : await EnrollmentWriter.InsertAsync(transaction, candidates, ct);
        if (inserted.Count < candidates.Count)
            (latest, _) = await LatestAsync(transaction, journey, profiles, ct);

        var created = inserted.ToDictionary(enrollment => enrollment.Row.ProfileId);
        return [.. profiles.Select(profile => created.TryGetValue(profile.ProfileId, out var enrollment)
            ? new Admission(profile, enrollment.Row, Created: true, enrollment)
            : new Admission(profile, leaving.Contains(profile.ProfileId) ? null : latest[profile.ProfileId], Created: false, Enrollment: null))];
    }

    static async Task<(Dictionary<Guid, EnrollmentRow> Latest, DateTimeOffset At)> LatestAsync(
        NpgsqlTransaction transaction, LiveJourney journey, IReadOnlyList<ProfileRow> profiles, CancellationToken ct)
    {
        var (rows, at) = await EnrollmentStore.LockLatestAsync(
            transaction, journey.SiteId, journey.JourneyId, [.. profiles.Select(profile => profile.ProfileId)], ct);
        return (rows.ToDictionary(row => row.ProfileId), at);
    }

    static EnrollmentRow Seed(Entry entry, ProfileRow profile, EnrollmentRow? latest, int attempt, DateTimeOffset now) => new()
    {
        SiteId = entry.Journey.SiteId,
        EnrollmentId = FreshId.Make(now),
        JourneyId = entry.Journey.JourneyId,
        Version = entry.Journey.Version,
        ProfileId = profile.ProfileId,
        // A user gets the same variant as before as a visitor: an attempt keeps the id that the previous attempt
        // hashed.
        FirstId = latest?.FirstId ?? (profile.UserId.Length > 0 ? profile.UserId : profile.AnonymousId),
        AnonymousId = profile.AnonymousId,
        UserId = profile.UserId,
        Attempt = attempt,
        Source = entry.Source,
        Entry = entry.Properties,
        JourneyStatus = JourneyStatuses.Published,
        EnteredAt = now,
        UpdatedAt = now,
        TimeZone = profile.TimeZone,
        Traits = profile.Traits,
        Context = profile.Context,
    };
}
