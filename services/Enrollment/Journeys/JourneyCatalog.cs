using System.Collections.Concurrent;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.RowFaults;
using Microsoft.Extensions.Options;
using Definition = Journeys.Protos.Definition.V1;
using Rules = Journeys.Protos.Rule.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>
/// Caches recently used journeys in memory. Versions are immutable; everything else is read again after a change.
/// </summary>
public sealed class JourneyCatalog(JourneyStore store, IOptions<CatalogOptions> options, TimeProvider time, ILogger<JourneyCatalog> logger)
{
    // The size of an entry besides its content.
    const long Frame = 1_024;

    // The maximum delay until a replica sees a change that another one applied. Pauses do not depend on it, because the
    // status is read with each enrollment.
    static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(250);

    readonly Lru<(Guid JourneyId, int Version, int Replaced), KnownVersion> versions = new(options.Value.VersionMegabytes * Limits.Megabyte);
    readonly Lru<Guid, KnownSite> sites = new(options.Value.SiteMegabytes * Limits.Megabyte);
    readonly ConcurrentDictionary<Guid, Lazy<Task<KnownSite>>> loads = new();

    // How often versions were replaced, for the few journeys where one was.
    readonly ConcurrentDictionary<Guid, int> replaced = new();

    /// <summary>Returns the catalog of a site, at most 250 ms old.</summary>
    public async Task<SiteCatalog> OfAsync(Guid siteId, CancellationToken ct) =>
        sites.TryGet(siteId, out var known) && time.GetElapsedTime(known.CheckedAt) < Freshness ? known.Catalog : await NowAsync(siteId, ct);

    /// <summary>Returns the present catalog of a site, even if another replica has just applied a change.</summary>
    public async Task<SiteCatalog> NowAsync(Guid siteId, CancellationToken ct)
    {
        var askedAt = time.GetTimestamp();
        return await NowAsync(siteId, await store.CatalogChangeNoAsync(siteId, ct), askedAt, ct);
    }

    /// <summary>Does the same for a caller that has just read the number of the last change with something else.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="changeNo">The number.</param>
    /// <param name="askedAt">The timestamp of the time provider before the number was read.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<SiteCatalog> NowAsync(Guid siteId, long changeNo, long askedAt, CancellationToken ct)
    {
        var now = sites.TryGet(siteId, out var known) && known.Catalog.ChangeNo == changeNo
            ? known
            : await LoadOnceAsync(siteId, changeNo, ct);
        sites.Set(siteId, now with { CheckedAt = askedAt }, now.Bytes);
        return now.Catalog;
    }

    /// <summary>Makes the next call check for changes.</summary>
    public void Forget(Guid siteId) => sites.Remove(siteId);

    /// <summary>Returns a compiled version.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="version">The version.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="replacedSince">
    /// The number of replaced versions of the journey that the caller has read, so that a version is not used after
    /// another replica has replaced it.
    /// </param>
    /// <exception cref="InvalidOperationException">The version has never arrived, although an enrollment is in
    /// it.</exception>
    public async Task<(CompiledJourney Compiled, Definition.Version Version)> VersionAsync(
        Guid siteId, Guid journeyId, int version, CancellationToken ct, int replacedSince = 0)
    {
        if (replacedSince > replaced.GetValueOrDefault(journeyId))
            replaced[journeyId] = replacedSince;
        var known = await FindVersionAsync(siteId, journeyId, version, ct)
            ?? throw new InvalidOperationException($"Version {version} of journey {journeyId} is not here.");
        return (known.Compiled, known.Version);
    }

    /// <summary>
    /// Returns a version and the name of the journey for display; <see cref="CompiledJourney.Unreadable"/> if it cannot
    /// be read.
    /// </summary>
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

    // Loads a site once for all concurrent callers. A caller that is cancelled does not cancel the load for the others.
    async Task<KnownSite> LoadOnceAsync(Guid siteId, long changeNo, CancellationToken ct)
    {
        while (true)
        {
            var load = loads.GetOrAdd(siteId, _ => new(() => LoadAsync(siteId)));
            var loaded = await load.Value.WaitAsync(ct);
            // The load may have begun before the requested change.
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
            // A load that ended just before may have cached it already.
            if (sites.TryGet(siteId, out var known) && known.Catalog.ChangeNo == changeNo)
                return known;

            var loaded = await LoadAsync(siteId, changeNo, CancellationToken.None);
            // Caches the result before the next load may begin.
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

            // A pause may arrive before the first version. Without a version the journey has no enrollments.
            if (row.Version == 0)
                continue;

            // A version that cannot be read must not affect the site's other journeys.
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

        // An audience saved by an older release may be too costly. In memory each audience is evaluated once, so it
        // still works there; sweeps refuse it.
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
