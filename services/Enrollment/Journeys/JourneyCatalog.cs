using System.Collections.Concurrent;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.RowFaults;
using Microsoft.Extensions.Options;
using Definition = Journeys.Protos.Definition.V1;
using Rules = Journeys.Protos.Rule.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>A journey that was published, with its newest version.</summary>
public sealed record LiveJourney(Guid SiteId, Guid JourneyId, string Status, int Version, string Name, CompiledJourney Compiled, Definition.Design Design)
{
    /// <summary>Who may enter by trigger and whom auto-enrollment takes; null for everybody.</summary>
    public Guid? AudienceId { get; } = Guid.TryParseExact(Design.AudienceId, "D", out var id) ? id : null;

    /// <summary>Whether people may come back; never where the design does not say.</summary>
    public Definition.Journey.Types.ReEnrollment ReEnrollment =>
        Design.ReEnrollment == Definition.Journey.Types.ReEnrollment.Unspecified ? Definition.Journey.Types.ReEnrollment.Never : Design.ReEnrollment;

    /// <summary>Whether anybody may come back.</summary>
    public bool MayReturn => ReEnrollment is Definition.Journey.Types.ReEnrollment.AfterEarlyExit or Definition.Journey.Types.ReEnrollment.Always;

    /// <summary>Who may come back, and when.</summary>
    public ReEntry ReEntry { get; } = DesignReader.ReadReEntry(Design);

    /// <summary>Whether it is paused only because its site is halted.</summary>
    public bool IsHalted { get; init; }

    /// <summary>Whether people enter and progress now.</summary>
    public bool IsPublished => Status == JourneyStatuses.Published;

    /// <summary>Whether everybody who matches the audience is enrolled.</summary>
    public bool AutoEnrolls => IsPublished && Design.AutoEnroll && AudienceId is not null;
}

/// <summary>An audience ready to be asked.</summary>
/// <param name="Change">The change that it is as of. After a restore of Definition from a backup, another one may have the same revision.</param>
public sealed record LiveAudience(string Name, Rule Rule, RulePredicate Holds, RuleNeeds Needs, (int Revision, DateTimeOffset? At) Change);

/// <summary>The journeys and audiences of one site, as of one change.</summary>
public sealed record SiteCatalog(long ChangeNo, IReadOnlyDictionary<Guid, LiveJourney> Journeys, IReadOnlyDictionary<Guid, LiveAudience> Audiences)
{
    readonly ILookup<string, LiveJourney> byTriggerEvent = Journeys.Values
        .Where(journey => journey.IsPublished)
        .SelectMany(journey => journey.Compiled.Triggers
            .Where(trigger => trigger.EventName is not null)
            .Select(trigger => (trigger.EventName, Journey: journey))
            .Distinct())
        .ToLookup(pair => pair.EventName!, pair => pair.Journey, StringComparer.Ordinal);

    /// <summary>Published journeys that have a trigger on events of this name.</summary>
    public IEnumerable<LiveJourney> TriggeredBy(string eventName) => byTriggerEvent[eventName];

    /// <summary>Published journeys that enroll whoever matches.</summary>
    public IReadOnlyList<LiveJourney> AutoEnrolling { get; } = [.. Journeys.Values.Where(journey => journey.AutoEnrolls)];

    /// <summary>Whether a goal, an exit rule or an audience asks which content people have finished.</summary>
    public bool AsksForContent { get; } =
        Audiences.Values.Any(audience => audience.Needs.Contents.Count > 0)
        || Journeys.Values.Any(journey => journey.Compiled.AsksForContent);

    /// <summary>Elements whose clicks let people in.</summary>
    public IReadOnlyList<string> ClickSelectors { get; } =
    [
        .. Journeys.Values.Where(journey => journey.IsPublished)
            .SelectMany(journey => journey.Compiled.Triggers)
            .Select(trigger => trigger.Selector)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The audience's rule; null when there is none.</summary>
    public RulePredicate? FindAudience(Guid audienceId) => Audiences.GetValueOrDefault(audienceId)?.Holds;

    /// <summary>Whether neither an audience nor one that it names, directly or not, is another in a later state of the site.</summary>
    public bool HasSameAudience(Guid audienceId, SiteCatalog later) =>
        ReferenceEquals(this, later)
        || WithAudiences(Audiences[audienceId].Needs).Audiences.Append(audienceId)
            .All(id => Audiences.GetValueOrDefault(id)?.Change == later.Audiences.GetValueOrDefault(id)?.Change);

    /// <summary>What these rules need, with what the audiences they name need in turn.</summary>
    public RuleNeeds WithAudiences(RuleNeeds needs) => needs.WithAudiences(audienceId => Audiences.GetValueOrDefault(audienceId)?.Needs);
}

/// <summary>Keeps journeys in memory, those that were used last: versions are immutable, the rest is read again when something changes.</summary>
public sealed class JourneyCatalog(JourneyStore store, IOptions<CatalogOptions> options, TimeProvider time, ILogger<JourneyCatalog> logger)
{
    // What an entry takes beside its content.
    const long Frame = 1_024;

    // How old a replica's knowledge of another one's change may be. Pauses do not depend on it: they are read with each enrollment.
    static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(250);

    readonly Lru<(Guid JourneyId, int Version, int Replaced), KnownVersion> versions = new(options.Value.VersionMegabytes * Limits.Megabyte);
    readonly Lru<Guid, KnownSite> sites = new(options.Value.SiteMegabytes * Limits.Megabyte);
    readonly ConcurrentDictionary<Guid, Lazy<Task<KnownSite>>> loads = new();

    // How often versions were replaced, of the few journeys where one ever was.
    readonly ConcurrentDictionary<Guid, int> replaced = new();

    /// <summary>What the site has, as of at most 250 ms ago.</summary>
    public async Task<SiteCatalog> OfAsync(Guid siteId, CancellationToken ct) =>
        sites.TryGet(siteId, out var known) && time.GetElapsedTime(known.CheckedAt) < Freshness ? known.Catalog : await NowAsync(siteId, ct);

    /// <summary>What the site has now, even if another replica learned of it a moment ago.</summary>
    public async Task<SiteCatalog> NowAsync(Guid siteId, CancellationToken ct)
    {
        var isKnown = sites.TryGet(siteId, out var known);
        var checkedAt = time.GetTimestamp();
        var changeNo = await store.CatalogChangeNoAsync(siteId, ct);
        var now = isKnown && known!.Catalog.ChangeNo == changeNo ? known : await LoadOnceAsync(siteId, changeNo, ct);
        sites.Set(siteId, now with { CheckedAt = checkedAt }, now.Bytes);
        return now.Catalog;
    }

    /// <summary>Looks anew next time.</summary>
    public void Forget(Guid siteId) => sites.Remove(siteId);

    /// <summary>A version ready to run.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="version">Its version.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="replacedSince">
    /// How often versions of the journey were replaced by what the caller has read, so that nobody is moved by one that another replica replaced a moment ago.
    /// </param>
    /// <exception cref="InvalidOperationException">It never arrived here, though somebody walks it.</exception>
    public async Task<(CompiledJourney Compiled, Definition.Version Version)> VersionAsync(
        Guid siteId, Guid journeyId, int version, CancellationToken ct, int replacedSince = 0)
    {
        if (replacedSince > replaced.GetValueOrDefault(journeyId))
            replaced[journeyId] = replacedSince;
        var known = await FindVersionAsync(siteId, journeyId, version, ct)
            ?? throw new InvalidOperationException($"Version {version} of journey {journeyId} is not here.");
        return (known.Compiled, known.Version);
    }

    /// <summary>A version and its name, to show somebody who walks it; <see cref="CompiledJourney.Unreadable"/> where it cannot be read.</summary>
    public async Task<(CompiledJourney Compiled, string Name)> ReadableVersionAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        try
        {
            var (compiled, read) = await VersionAsync(siteId, journeyId, version, ct);
            return (compiled, read.Design.Name);
        }
        catch (Exception exception) when (RowFault.Is(exception))
        {
            return (CompiledJourney.Unreadable, "");
        }
    }

    async Task<KnownVersion?> FindVersionAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        var key = (journeyId, version, replaced.GetValueOrDefault(journeyId));
        if (versions.TryGet(key, out var known))
            return known;
        if (await store.FindVersionAsync(siteId, journeyId, version, ct) is not { } body)
            return null;

        var read = Definition.Version.Parser.ParseFrom(body);
        known = new(DesignReader.Compile(journeyId, read.Design), read, body.Length + Frame);
        versions.Set(key, known, known.Bytes);
        return known;
    }

    // However many ask at once, a site is loaded once, and whoever gives up keeps nobody else from it.
    async Task<KnownSite> LoadOnceAsync(Guid siteId, long changeNo, CancellationToken ct)
    {
        while (true)
        {
            var load = loads.GetOrAdd(siteId, _ => new(() => LoadAsync(siteId)));
            var loaded = await load.Value.WaitAsync(ct);
            // It may have begun before the change that is asked for.
            if (loaded.Catalog.ChangeNo >= changeNo)
                return loaded;
        }
    }

    async Task<KnownSite> LoadAsync(Guid siteId)
    {
        await Task.Yield();
        try
        {
            var checkedAt = time.GetTimestamp();
            var changeNo = await store.CatalogChangeNoAsync(siteId, CancellationToken.None);
            // The load before this one has brought it, after somebody looked in vain.
            if (sites.TryGet(siteId, out var known) && known.Catalog.ChangeNo == changeNo)
                return known;

            var loaded = await LoadAsync(siteId, changeNo, CancellationToken.None);
            // Before the next load may begin.
            sites.Set(siteId, loaded with { CheckedAt = checkedAt }, loaded.Bytes);
            return loaded;
        }
        finally
        {
            loads.TryRemove(siteId, out _);
        }
    }

    async Task<KnownSite> LoadAsync(Guid siteId, long changeNo, CancellationToken ct)
    {
        var bytes = Frame;
        var journeys = new Dictionary<Guid, LiveJourney>();
        foreach (var row in await store.ListJourneysAsync(siteId, ct))
        {
            if (row.Replaced > 0)
                replaced[row.JourneyId] = row.Replaced;

            // News of a pause may come before the version itself; without a version there is nobody to move.
            if (row.Version == 0)
                continue;

            // One that cannot be read must not take the site's others with it.
            try
            {
                if (await FindVersionAsync(siteId, row.JourneyId, row.Version, ct) is not { } known)
                    continue;

                var design = known.Version.Design;
                journeys[row.JourneyId] = new(siteId, row.JourneyId, row.Status, row.Version, design.Name, known.Compiled, design) { IsHalted = row.IsHalted };
                bytes += known.Bytes;
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                logger.LogError(failure, "Version {Version} of journey {JourneyId} of site {SiteId} cannot be read", row.Version, row.JourneyId, siteId);
            }
        }

        var audiences = new Dictionary<Guid, LiveAudience>();
        foreach (var row in await store.ListAudiencesAsync(siteId, ct))
        {
            try
            {
                if (RuleReader.Read(Rules.Rule.Parser.ParseFrom(row.Rule)) is { } rule)
                {
                    audiences[row.AudienceId] = new(row.Name, rule, RuleCompiler.Compile(rule), RuleNeeds.Of(rule), (row.Revision, row.ChangedAt));
                    bytes += row.Rule!.Length + Frame;
                }
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                logger.LogError(failure, "Audience {AudienceId} of site {SiteId} cannot be read", row.AudienceId, siteId);
            }
        }

        // Saved by an older release. In memory each audience is asked once, so they still work; sweeps refuse them.
        var costs = new RuleCosts(id => audiences.GetValueOrDefault(id)?.Rule);
        foreach (var (audienceId, audience) in audiences)
        {
            if (costs.Of(audience.Rule).Fault is { } fault)
                logger.LogWarning("The rule of audience {AudienceId} of site {SiteId} {Fault} It enrolls nobody by sweeps", audienceId, siteId, fault);
        }

        return new(new SiteCatalog(changeNo, journeys, audiences), bytes, CheckedAt: 0);
    }

    sealed record KnownVersion(CompiledJourney Compiled, Definition.Version Version, long Bytes);

    sealed record KnownSite(SiteCatalog Catalog, long Bytes, long CheckedAt);
}
