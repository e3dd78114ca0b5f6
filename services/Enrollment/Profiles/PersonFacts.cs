using System.Text.Json;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Loads the facts about people that rules need, such as their events and finished content.</summary>
public sealed class PersonFacts(JourneyCatalog catalog, RuleEffort efforts, IOptions<RuleOptions> options, TimeProvider time)
{
    readonly TimeSpan longest = TimeSpan.FromMilliseconds(options.Value.EventsTimeoutMilliseconds);

    /// <summary>Whether rules with these needs can be evaluated only after a query.</summary>
    public static bool TakesQuery(SiteCatalog site, RuleNeeds needs) =>
        site.WithAudiences(needs) is { Counted.Count: > 0 } or { Contents.Count: > 0 };

    /// <summary>Returns a person for rules that take no query.</summary>
    public static Person WithoutQuery(SiteCatalog site, ProfileRow profile, Effort effort) =>
        ToPerson(site, profile, EventTimes.None, [], effort);

    /// <summary>Returns people as the engine needs them, by profile.</summary>
    /// <param name="transaction">The transaction, whose own changes are seen.</param>
    /// <param name="siteId">The people's site.</param>
    /// <param name="profiles">The people, each once.</param>
    /// <param name="needs">The needs of the rules that will be evaluated.</param>
    /// <param name="effort">The budget for all of them together; null gives each a budget of their own.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<Dictionary<Guid, Person>> LoadAsync(
        NpgsqlTransaction transaction, Guid siteId, IReadOnlyList<ProfileRow> profiles, RuleNeeds needs, Effort? effort, CancellationToken ct)
    {
        var site = await catalog.OfAsync(siteId, ct);
        var all = site.WithAudiences(needs);
        var profileIds = profiles.Select(profile => profile.ProfileId).ToArray();
        var counted = await EventTimes.ReadAsync(transaction, siteId, profileIds, all.Counted, time.GetGiven(), longest, ct);
        var contents = all.Contents.Count == 0 ? null : await FinishedContents.ReadAsync(transaction, siteId, profileIds, [.. all.Contents], ct);

        return profiles.ToDictionary(profile => profile.ProfileId, profile => ToPerson(
            site, profile, counted.GetValueOrDefault(profile.ProfileId, EventTimes.None),
            contents is null ? [] : [.. contents[profile.ProfileId]], effort ?? efforts.Of(siteId, ct)));
    }

    static Person ToPerson(
        SiteCatalog site, ProfileRow profile, IReadOnlyDictionary<string, DateTimeOffset[]> counted,
        IReadOnlyList<FinishedContent> contents, Effort effort) => new()
        {
            UserId = profile.UserId,
            Traits = JsonElement.Parse(profile.Traits),
            Context = JsonElement.Parse(profile.Context),
            TimeZone = profile.TimeZone,
            Counted = counted,
            Contents = contents,
            Audience = site.FindAudience,
            Effort = effort,
        };
}
