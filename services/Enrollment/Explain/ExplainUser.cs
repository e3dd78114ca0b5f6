using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Journeys.Protos;
using Npgsql;
using Check = Journeys.Protos.Enrollment.V1.ExplainUserResponse.Types.Check;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Explain;

/// <summary>Explains why a user is in a journey, or why not.</summary>
public sealed class ExplainUser(
    NpgsqlDataSource source, RequireJourney require, JourneyCatalog catalog, EnrollmentQueries queries, EnrollmentDetails details, PersonFacts people,
    RuleEffort efforts, Clock clock)
{
    /// <summary>Explains for a user, or for a visitor if no user has this id.</summary>
    public async Task<Proto.ExplainUserResponse> HandleAsync(Guid siteId, Guid journeyId, string userId, CancellationToken ct)
    {
        efforts.RefuseOverspent(siteId);
        var journey = await require.FindAsync(siteId, journeyId, ct);
        var (profile, isErased) = await FindAsync(siteId, userId, ct);
        var latest = profile is null ? null : await queries.FindLatestAsync(siteId, journeyId, profile.ProfileId, ct);
        if (latest is { Status: EnrollmentStatuses.Active })
            return Enrolled(await details.OfAsync(latest, ct), await ExitsAsync(latest, profile!, ct));

        var checks = new List<Check> { Published(journey) };
        if (journey is { IsHalted: true })
            checks.Add(To("SITE_NOT_HALTED", false, Availability.RefusalOf(journey.Status, isHalted: true)!.Message));
        checks.Add(Known(userId, profile, isErased));
        if (profile is { UserId: "" })
            checks.Add(Anonymous(journey));
        checks.AddRange(Before(latest, journey, profile));
        if (journey is not null)
        {
            if (profile is not null)
                checks.AddRange([await AudienceAsync(journey, profile, ct), .. await ExitsAsync(journey.Compiled, journey.SiteId, profile, JourneyData.Empty, ct)]);
            checks.AddRange(ToCome(journey));
        }

        return new()
        {
            Enrollment = latest is null ? null : await details.OfAsync(latest, ct),
            Checks = { checks },
            Summary = Summarize(checks),
        };
    }

    static Proto.ExplainUserResponse Enrolled(Proto.Enrollment enrollment, IEnumerable<Check> exits) => new()
    {
        Enrolled = true,
        Enrollment = enrollment,
        Checks = { exits },
        Summary = $"The user is in the journey, at node {enrollment.CurrentNodeId} since {RuleText.Describe(enrollment.Waiting.Since.ToDateTimeOffset())}. {enrollment.Waiting.Description}"
            + (enrollment.Waiting.SiteHalted ? " Nothing moves it while the site is halted."
                : enrollment.Waiting.Paused ? " Nothing moves it while the journey is paused." : ""),
    };

    static string Summarize(IReadOnlyList<Check> checks)
    {
        if (checks.FirstOrDefault(check => !check.Passed && !check.WayIn) is { } against)
            return $"The user is not in the journey. {against.Message}";

        var waysIn = checks.Where(check => check.WayIn).ToList();
        return $"The user is not in the journey, although nothing prevents it. {(waysIn.Find(check => check.Passed) ?? waysIn[^1]).Message}";
    }

    async Task<(ProfileRow? Profile, bool IsErased)> FindAsync(Guid siteId, string userId, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var profile = await ProfileStore.FindAsync(connection, new PersonKey(siteId, userId, ""), ct)
            ?? await ProfileStore.FindAsync(connection, new PersonKey(siteId, "", userId), ct);
        return (profile, profile is null && await ErasedPersonStore.IsErasedAsync(connection, siteId, userId, ct));
    }

    static Check Published(LiveJourney? journey) =>
        journey is { IsPublished: true } or { IsHalted: true }
            ? To("JOURNEY_PUBLISHED", true, "The journey is published.")
            : To("JOURNEY_PUBLISHED", false, Availability.RefusalOf(journey?.Status)!.Message);

    static Check Known(string userId, ProfileRow? profile, bool isErased) => (profile, isErased) switch
    {
        (_, true) => To("NOT_ERASED", false, ErasedPersonStore.Refusal().Message),
        (null, _) => To("KNOWN_USER", false, $"No user or visitor with the id {userId} is known."),
        ({ UserId: "" }, _) => To("KNOWN_USER", true, $"{userId} is a visitor who was never identified."),
        _ => To("KNOWN_USER", true, "The user is known."),
    };

    static Check Anonymous(LiveJourney? journey) => journey is { Design.AllowAnonymous: true }
        ? To("ANONYMOUS_ALLOWED", true, "Visitors can enter this journey.")
        : To("ANONYMOUS_ALLOWED", false, "Only identified users can enter this journey.");

    IEnumerable<Check> Before(EnrollmentRow? latest, LiveJourney? journey, ProfileRow? profile)
    {
        if (latest?.EndedAt is not { } endedAt || journey is null)
        {
            yield return To("NOT_ENROLLED_BEFORE", true, "The user has never been in the journey.");
            yield break;
        }

        var left = latest.StopReason == ExitRule.StopReason ? $" by the exit rule {latest.Outcome}" : "";
        var past = $"Attempt {latest.Attempt} ended at {RuleText.Describe(endedAt)} with the status {latest.Status}{left}";
        var mayReturn = ReEnrollment.AllowsReturn(latest, journey);
        yield return To("NOT_ENROLLED_BEFORE", mayReturn, mayReturn
            ? $"{past}; the journey lets people enter again."
            : $"{past}; the journey does not let people enter again after that (reEnrollment {journey.ReEnrollment.Text()}).");

        var until = endedAt + journey.ReEntry.Cooldown;
        if (mayReturn && journey.ReEntry.Cooldown > TimeSpan.Zero)
        {
            var isOver = clock.At(profile!.ReadAt) >= until;
            yield return To("COOLDOWN", isOver, isOver
                ? $"The cool-down ended at {RuleText.Describe(until)}."
                : $"The user can enter again from {RuleText.Describe(until)}.");
        }
    }

    async Task<Check> AudienceAsync(LiveJourney journey, ProfileRow profile, CancellationToken ct)
    {
        if (journey.AudienceId is not { } audienceId)
            return To("AUDIENCE", true, "The journey is for everybody.");

        var site = await catalog.OfAsync(journey.SiteId, ct);
        var needs = new RuleNeeds { Audiences = { audienceId } };
        var person = await source.InTransactionAsync(
            async transaction => (await people.LoadAsync(transaction, journey.SiteId, [profile], needs, effort: null, ct))[profile.ProfileId], ct);

        var failure = new RuleFailure(id => site.Audiences.TryGetValue(id, out var audience) ? (audience.Name, audience.Rule) : null)
            .Explain(new AudienceRule(audienceId), new Facts(person, null, null, clock.At(profile.ReadAt)));
        return To("AUDIENCE", failure is null, failure is null ? "The user belongs to the audience." : $"The user does not belong to the audience, because this is not true: {failure}.");
    }

    async Task<IEnumerable<Check>> ExitsAsync(EnrollmentRow row, ProfileRow profile, CancellationToken ct)
    {
        try
        {
            var (compiled, _) = await catalog.VersionAsync(row.SiteId, row.JourneyId, row.Version, ct);
            return await ExitsAsync(compiled, row.SiteId, profile, new JourneyData(row.Data, row.Entry), ct);
        }
        catch (Exception exception) when (RowFault.Is(exception))
        {
            // The version is unreadable, so the exit rules are left out. The rest of the answer does not need it.
            return [];
        }
    }

    // Returns a check for each exit rule; it fails if the rule applies to the person.
    async Task<IEnumerable<Check>> ExitsAsync(CompiledJourney compiled, Guid siteId, ProfileRow profile, JourneyData data, CancellationToken ct)
    {
        if (compiled.Exits.Count == 0)
            return [];

        var person = await source.InTransactionAsync(
            async transaction => (await people.LoadAsync(transaction, siteId, [profile], compiled.Needs, effort: null, ct))[profile.ProfileId], ct);
        var facts = new Facts(person, data, null, clock.At(profile.ReadAt));
        return [.. compiled.Exits.Select(exit => exit.Holds(facts)
            ? To(ExitRule.StopReason, false, $"The user leaves early by the exit rule {exit.Rule.Name}, because this is true: {exit.Reason(facts)}.")
            : To(ExitRule.StopReason, true, $"The user leaves early by the exit rule {exit.Rule.Name} once this is true: {exit.Rule.Describe()}."))];
    }

    static IEnumerable<Check> ToCome(LiveJourney journey)
    {
        var isOn = journey.Design.AutoEnroll && journey.AudienceId is not null;
        yield return WayIn("AUTO_ENROLL", isOn, isOn
            ? "Members of the audience are enrolled automatically, at the latest with the next sweep."
            : "Auto-enrollment is off.");

        var triggers = journey.Compiled.Nodes.OfType<TriggerNode>().Select(node => Describe(node.Trigger)).ToList();
        yield return WayIn("TRIGGER", false, $"People enter by {string.Join(", or by ", triggers)}.");
    }

    static string Describe(Trigger trigger) => trigger switch
    {
        CustomEventTrigger custom => $"the event {custom.EventName}{(custom.Where is null ? "" : $" where {RuleText.Describe(custom.Where)}")}",
        UrlMatchTrigger url => $"a page visit whose URL {Describe(url.MatchType)} {url.Pattern}",
        ElementClickTrigger click => $"a click on {click.Selector}",
        _ => "a call (API, dashboard or SDK)",
    };

    static string Describe(UrlMatchType type) => type switch
    {
        UrlMatchType.Exact => "is",
        UrlMatchType.Contains => "contains",
        UrlMatchType.StartsWith => "starts with",
        UrlMatchType.EndsWith => "ends with",
        _ => "matches",
    };

    static Check WayIn(string reason, bool passed, string message) => new() { Reason = reason, Passed = passed, Message = message, WayIn = true };

    static Check To(string reason, bool passed, string message) => new() { Reason = reason, Passed = passed, Message = message };
}
