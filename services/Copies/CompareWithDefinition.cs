using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Newest = Journeys.Protos.Definition.V1.ListNewestChangesResponse.Types.Newest;

namespace Journeys.Copies;

/// <summary>
/// Compares this service's copy of journeys and audiences with Definition, and applies missed changes.
/// </summary>
/// <remarks>
/// Messages normally deliver every change. The comparison finds messages that were lost, and those that were published
/// before the queue existed.
/// </remarks>
public sealed class CompareWithDefinition(
    ChangeService.ChangeServiceClient definition, ICopy copy, IOptions<CopyOptions> options, Divergence divergence, TimeProvider time,
    ILogger<CompareWithDefinition> logger) : IChore
{
    // The message of a newer change may still be on its way.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly TimeSpan UntilNextTry = TimeSpan.FromSeconds(5);
    static readonly TimeSpan UntilSlowAgain = TimeSpan.FromMinutes(1);

    // A single journey can be slow by itself. After this many unanswered calls in a row, Definition counts as
    // unavailable.
    const int MostUnanswered = 3;
    const string Journey = "journey";

    static readonly TypeRegistry Messages = TypeRegistry.FromFiles(EventsReflection.Descriptor);

    // Those about which Definition did not answer in time, the one tried longest ago first; without its newest change if
    // Definition did not name it. They are compared after all others, so that they do not block them.
    readonly List<((Guid SiteId, Guid Id) Key, Newest? Newest)> late = [];
    RpcException? unanswered;
    int unansweredInARow;

    /// <summary>
    /// Whether the last comparison included everything but those about which Definition did not answer.
    /// </summary>
    public bool LacksOnlyLate { get; private set; }

    /// <summary>What the last comparison may not have included.</summary>
    public string Lacking => LacksOnlyLate ? $"{late.Count} of all journeys and audiences" : "journeys and audiences";

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        try
        {
            await CompareAsync(ct);
            return TimeSpan.FromSeconds(options.Value.CompareIntervalSeconds);
        }
        catch (RpcException exception) when (!ct.IsCancellationRequested)
        {
            logger.LogWarning("Definition does not answer ({Status}), so {What} could not be compared", exception.StatusCode, Lacking);
            return exception == unanswered && unansweredInARow < MostUnanswered ? UntilSlowAgain : UntilNextTry;
        }
    }

    /// <summary>
    /// Compares all journeys, audiences and halts, page by page, and applies missed changes. Returns how many differed
    /// from Definition.
    /// </summary>
    /// <exception cref="RpcException">
    /// Definition does not answer, or does not answer about some of them; in that case all others were compared.
    /// </exception>
    public async Task<int> CompareAsync(CancellationToken ct)
    {
        (unanswered, unansweredInARow, LacksOnlyLate) = (null, 0, false);
        var (behind, seen, before) = (0, new HashSet<(Guid SiteId, Guid Id)>(), late.ConvertAll(one => one.Key));
        var request = new ListNewestChangesRequest();
        do
        {
            var page = await definition.ListNewestChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, ct));
            foreach (var newest in page.Newest.Where(newest => before.Contains(KeyOf(newest))))
                late[late.FindIndex(one => one.Key == KeyOf(newest))] = (KeyOf(newest), newest);
            behind += await CompareAsync([.. page.Newest.Where(newest => seen.Add(KeyOf(newest)) && !before.Contains(KeyOf(newest)))], ct);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        var unlisted = (await copy.ListAsync(ct)).Where(key => !seen.Contains(key)).ToHashSet();
        late.RemoveAll(one => !seen.Contains(one.Key) && !unlisted.Contains(one.Key));
        // Definition may have lost them since it named them.
        for (var i = 0; i < late.Count; i++)
        {
            if (unlisted.Contains(late[i].Key))
                late[i] = (late[i].Key, null);
        }

        behind += await LookForLostAsync(unlisted.Except(before), ct);
        LacksOnlyLate = true;
        // After all others, because three of them end this pass, and every later one.
        behind += await CompareAsync(late.FindAll(one => before.Contains(one.Key)), ct);
        return unanswered is null ? behind : throw unanswered;
    }

    /// <summary>Compares again those about which Definition did not answer in the last comparison.</summary>
    /// <exception cref="RpcException">Definition does not answer about some of them.</exception>
    public async Task CompareLateAsync(CancellationToken ct)
    {
        (unanswered, unansweredInARow) = (null, 0);
        await CompareAsync([.. late], ct);
        if (unanswered is not null)
            throw unanswered;
    }

    async Task<int> CompareAsync(List<((Guid SiteId, Guid Id) Key, Newest? Newest)> again, CancellationToken ct)
    {
        var behind = 0;
        foreach (var (key, newest) in again)
            behind += newest is null ? await LookForLostAsync([key], ct) : await CompareAsync([newest], ct);
        return behind;
    }

    async Task<int> CompareAsync(IReadOnlyList<Newest> page, CancellationToken ct)
    {
        var behind = 0;
        var known = await copy.FindAsync([.. page.Select(KeyOf)], ct);
        foreach (var newest in page)
        {
            var own = known.GetValueOrDefault(KeyOf(newest));
            if (IsSame(newest, own))
                late.RemoveAll(one => one.Key == KeyOf(newest));
            else if (await CatchUpAsync(newest, own, ct))
                behind++;
        }

        return behind;
    }

    static (Guid SiteId, Guid Id) KeyOf(Newest newest) => (Guid.Parse(newest.SiteId), Guid.Parse(newest.Id));

    // The number alone is not enough: after a restore from a backup Definition gives it to another change or version,
    // with another time.
    static bool IsSame(Newest newest, Known own) =>
        own.Distrust is null && own.Number == newest.Number && own.Time == newest.Time.ToDateTimeOffset()
        && own.Version >= newest.Version && HasVersion(newest, own);

    static bool HasVersion(Newest newest, Known own) =>
        own.VersionTime is null || newest.VersionTime is null || own.VersionTime == newest.VersionTime.ToDateTimeOffset();

    async Task<bool> CatchUpAsync(Newest newest, Known own, CancellationToken ct)
    {
        late.RemoveAll(one => one.Key == KeyOf(newest));
        try
        {
            var isBehind = await ApplyMissedAsync(newest, own, ct);
            unansweredInARow = 0;
            return isBehind;
        }
        catch (RpcException exception) when (IsUnanswered(exception) && !ct.IsCancellationRequested)
        {
            late.Add((KeyOf(newest), newest));
            NoteUnanswered(exception);
            logger.LogError(
                "Definition did not answer in time which changes of {Id} on site {SiteId} were missed ({Status}); the others are compared",
                newest.Id, newest.SiteId, exception.StatusCode);
            return false;
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            // The comparison continues with the others; this one is retried with the next comparison.
            unansweredInARow = 0;
            logger.LogError(exception, "The missed changes of {Id} on site {SiteId} cannot be applied", newest.Id, newest.SiteId);
            return false;
        }
    }

    async Task<bool> ApplyMissedAsync(Newest newest, Known own, CancellationToken ct)
    {
        var mayBeLost = own.Number > newest.Number || (own.Number > 0 && own.Time is not null);
        var isLost = mayBeLost && !await IsOfHistoryAsync(newest, own, ct);
        if (isLost || own.Distrust is not null)
            return await TakeBackAsync(newest, own, isLost, ct);

        // Versions can be missing in between. Versions that are there already change nothing.
        var isVersionMissed = own.Version < newest.Version || !HasVersion(newest, own);
        var applied = isVersionMissed
            ? await ApplyAsync(newest, afterNumber: 0, afterVersion: 0, ct)
            : await ApplyAsync(newest, own.Time is null ? own.Number - 1 : own.Number, own.Version, ct);
        // Nothing was missed when only the time was unknown, or when the copy was read after Definition had
        // answered and is ahead.
        if (applied == 0 || (own.Number == newest.Number && own.Time is null && !isVersionMissed))
            return false;
        if (newest.Time.ToDateTimeOffset() > time.GetUtcNow() - Patience)
            return true;

        var what = KindOf(newest);
        divergence.Repaired(what);
        logger.LogWarning(
            "The copy of {What} {Id} of site {SiteId} was at change {Own} and Definition is at {Newest} since {Since}: {Count} missed changes were applied",
            what, newest.Id, newest.SiteId, own.Number, newest.Number, newest.Time.ToDateTimeOffset(), applied);
        return true;
    }

    // If Definition does not answer for one journey, it may still answer for the others.
    static bool IsUnanswered(RpcException exception) =>
        exception.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled;

    void NoteUnanswered(RpcException exception)
    {
        unanswered = exception;
        if (++unansweredInARow == MostUnanswered)
            throw exception;
    }

    // Returns whether Definition made the newest change of the copy and still knows it. Of audiences and halts
    // Definition keeps only the newest change, which is complete.
    async Task<bool> IsOfHistoryAsync(Newest newest, Known own, CancellationToken ct)
    {
        var page = await definition.ListChangesAsync(
            new() { SiteId = newest.SiteId, Id = newest.Id, AfterNumber = own.Number - 1, AfterVersion = int.MaxValue }, ServiceCall.For(ServiceCall.AllSites, ct));
        return page.Changes.FirstOrDefault() is { } first
            && (first.Number != own.Number || own.Time is null || own.Time == first.Time.ToDateTimeOffset());
    }

    // Definition decides, whether its database was restored from a backup or a message was wrong. The copy is distrusted
    // until the end, so that a crash or a failure makes the next comparison begin again here.
    async Task<bool> TakeBackAsync(Newest newest, Known own, bool isLost, CancellationToken ct)
    {
        var (siteId, id) = KeyOf(newest);
        var distrust = isLost ? await copy.DistrustAsync(siteId, id, own.Number, own.Time, ct) : own.Distrust;
        // The copy has moved on since it was read: another replica has taken it back, or news arrived.
        if (isLost && distrust is null && KindOf(newest) == Journey)
            return true;

        Crash.At(CrashPoint.CopyDistrusted);
        // Applies the newest change first, so that no outdated change moves people. Definition may have made newer ones
        // since it was asked.
        await ApplyAsync(newest, newest.Number - 1, afterVersion: int.MaxValue, ct, newestFirst: true);
        Crash.At(CrashPoint.NewestTakenBack);
        var applied = await ApplyAsync(newest, afterNumber: 0, afterVersion: 0, ct);
        if (distrust is { } ended)
            await copy.TrustAsync(siteId, id, ended, ct);

        divergence.Repaired(KindOf(newest));
        if (isLost)
        {
            logger.LogError(
                "The copy of {What} {Id} of site {SiteId} was at change {Own} of {Time}, which Definition does not know, as after a restore from a backup: its {Count} changes were applied again",
                KindOf(newest), newest.Id, newest.SiteId, own.Number, own.Time, applied);
        }
        else
        {
            logger.LogWarning(
                "The {Count} changes of journey {Id} of site {SiteId} were applied again, which a crash or a failure had interrupted",
                applied, newest.Id, newest.SiteId);
        }

        return true;
    }

    // Finds journeys and halts made after the backup from which Definition was restored.
    async Task<int> LookForLostAsync(IEnumerable<(Guid SiteId, Guid Id)> unlisted, CancellationToken ct)
    {
        var (lifted, journeys) = (0, new List<(Guid SiteId, Guid Id)>());
        foreach (var (siteId, id) in unlisted)
        {
            if (await IsKnownAsync(siteId, id, ct))
                continue;
            if (siteId != id)
            {
                journeys.Add((siteId, id));
                continue;
            }

            if (await LiftAsync(siteId, ct))
                lifted++;
        }

        if (journeys.Count > 0)
        {
            logger.LogError(
                "Definition does not know {Count} published journeys, as after a restore from a backup, among them {Id} of site {SiteId}: people inside continue, and nobody can see or change these journeys",
                journeys.Count, journeys[0].Id, journeys[0].SiteId);
        }

        return lifted;
    }

    // A journey may have been published after Definition answered, or Definition may be unable to read it.
    async Task<bool> IsKnownAsync(Guid siteId, Guid id, CancellationToken ct)
    {
        late.RemoveAll(one => one.Key == (siteId, id));
        try
        {
            var changes = await definition.ListChangesAsync(new() { SiteId = $"{siteId}", Id = $"{id}" }, ServiceCall.For(ServiceCall.AllSites, ct));
            unansweredInARow = 0;
            return changes.Changes.Count > 0;
        }
        catch (RpcException exception) when (!ct.IsCancellationRequested)
        {
            logger.LogError(exception, "Definition cannot say what it knows of {Id} on site {SiteId}", id, siteId);
            if (!IsUnanswered(exception))
            {
                unansweredInARow = 0;
                return true;
            }

            late.Add(((siteId, id), null));
            NoteUnanswered(exception);
            return true;
        }
    }

    async Task<bool> LiftAsync(Guid siteId, CancellationToken ct)
    {
        try
        {
            // Resets the number below every number of Definition, so that its next halt counts as newer.
            var own = (await copy.FindAsync([(siteId, siteId)], ct)).GetValueOrDefault((siteId, siteId));
            await copy.DistrustAsync(siteId, siteId, own.Number, own.Time, ct);
            await copy.ApplyAsync(new JourneysHaltChanged { SiteId = $"{siteId}", Halted = false, Time = time.GetUtcNow().ToTimestamp() }, ct);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            logger.LogError(exception, "The halt of site {SiteId}, which Definition does not know, cannot be lifted", siteId);
            return false;
        }

        divergence.Repaired("site");
        logger.LogError("Site {SiteId} was halted here and Definition does not know of it, as after a restore from a backup: its journeys continue", siteId);
        return true;
    }

    static string KindOf(Newest newest) => newest.SiteHalt ? "site" : newest.Audience ? "audience" : Journey;

    async Task<int> ApplyAsync(Newest newest, int afterNumber, int afterVersion, CancellationToken ct, bool newestFirst = false)
    {
        var applied = 0;
        var request = new ListChangesRequest { SiteId = newest.SiteId, Id = newest.Id, AfterNumber = afterNumber, AfterVersion = afterVersion };
        do
        {
            var page = await definition.ListChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, ct));
            foreach (var change in newestFirst ? page.Changes.Reverse() : page.Changes)
            {
                var type = Messages.Find(change.MessageType) ?? throw new InvalidOperationException($"There is no message {change.MessageType} here.");
                await copy.ApplyAsync(type.Parser.ParseFrom(change.Body), ct);
                applied++;
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return applied;
    }
}
