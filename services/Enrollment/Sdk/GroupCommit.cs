using System.Diagnostics;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;

namespace Journeys.Enrollments.Sdk;

/// <summary>Runs work items in groups: items that arrive while all lanes of their site are busy share the next group, like a group commit in a database.</summary>
/// <remarks>
/// A single item begins at once. A group belongs to one site, so no site waits for another. Items with the same key
/// keep their order and are never in progress at the same time. Items that remain when the process stops belong to
/// calls, which the host waits for. In traces, a group of one item is a span of its call. A larger group is a trace of
/// its own that links to its calls.
/// </remarks>
/// <param name="name">The name of a group's span.</param>
/// <param name="commit">Does the work of a group, all or nothing, and returns a result for each of its items.</param>
/// <param name="siteOf">Returns the site of an item.</param>
/// <param name="keyOf">Returns the key of an item.</param>
/// <param name="longestWait">The maximum time that an item waits until its group begins.</param>
public sealed class GroupCommit<TItem, TResult>(
    string name, Func<IReadOnlyList<TItem>, Task<IReadOnlyList<TResult>>> commit, Func<TItem, Guid> siteOf, Func<TItem, object> keyOf, TimeSpan longestWait)
{
    /// <summary>
    /// The maximum number of concurrent groups of a site: one is prepared while the other waits for the disk.
    /// </summary>
    public const int Lanes = 2;

    /// <summary>The maximum number of items in a group.</summary>
    public const int MostAtOnce = 64;

    /// <summary>The maximum number of items of a site that wait.</summary>
    public const int MostWaiting = 1_000;

    // The execution context of no call: a lane does the work of many calls.
    static readonly ExecutionContext OfNobody = CaptureNew();

    readonly Lock guard = new();
    readonly Dictionary<Guid, Site> sites = [];

    /// <summary>Returns the item's result when its group is committed, and throws what the group threw.</summary>
    /// <remarks>After a cancellation the item may be committed nevertheless.</remarks>
    /// <exception cref="TooManyCalls">A thousand items of the site are waiting already.</exception>
    /// <exception cref="Busy">The item's group did not begin in time.</exception>
    public async Task<TResult> AddAsync(TItem item, CancellationToken ct)
    {
        var waiting = new Waiting(item, ct);
        var (site, needsLane) = Enqueue(waiting);
        if (needsLane)
            ExecutionContext.Run(OfNobody, _ => _ = RunLaneAsync(site), null);

        try
        {
            return await waiting.Result.Task.WaitAsync(longestWait, ct);
        }
        catch (TimeoutException)
        {
            if (TryLeave(site, waiting))
                throw new Busy();
            return await waiting.Result.Task.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            TryLeave(site, waiting);
            throw;
        }
    }

    (Site Site, bool NeedsLane) Enqueue(Waiting waiting)
    {
        lock (guard)
        {
            var siteId = siteOf(waiting.Item);
            if (!sites.TryGetValue(siteId, out var site))
                sites[siteId] = site = new(siteId);
            if (site.Waiting.Count == MostWaiting)
                throw TooManyCalls.OfSite();

            site.Waiting.Add(waiting);
            var needsLane = site.Lanes < Lanes;
            if (needsLane)
                site.Lanes++;
            return (site, needsLane);
        }
    }

    // Removes the item from the queue. Returns false when its group has begun.
    bool TryLeave(Site site, Waiting waiting)
    {
        lock (guard)
            return site.Waiting.Remove(waiting);
    }

    async Task RunLaneAsync(Site site)
    {
        while (TakeGroup(site) is { Count: > 0 } group)
        {
            await CommitAsync(group);
            lock (guard)
                site.UnderWay.ExceptWith(group.Select(waiting => keyOf(waiting.Item)));
        }
    }

    async Task CommitAsync(List<Waiting> group)
    {
        Activity? span = null;
        try
        {
            span = Begin(group);
            var results = await commit([.. group.Select(waiting => waiting.Item)]);
            foreach (var (waiting, result) in group.Zip(results))
                waiting.Result.TrySetResult(result);
        }
        catch (Exception exception)
        {
            span?.SetStatus(ActivityStatusCode.Error, exception.Message);
            group.ForEach(waiting => waiting.Result.TrySetException(exception));
        }
        finally
        {
            span?.Dispose();
        }
    }

    Activity? Begin(List<Waiting> group)
    {
        if (!Telemetry.Activities.HasListeners())
            return null;

        return group is [var only]
            ? Telemetry.Activities.StartActivity(name, ActivityKind.Internal, only.Caller)
            : Telemetry.Activities.StartActivity(
                name, ActivityKind.Internal, parentContext: default, links: group.Select(waiting => new ActivityLink(waiting.Caller)));
    }

    // Returns the oldest items whose keys are not in progress. An empty group ends the lane.
    List<Waiting> TakeGroup(Site site)
    {
        lock (guard)
        {
            var (group, rest) = (new List<Waiting>(), new List<Waiting>());
            foreach (var waiting in site.Waiting.Where(waiting => !waiting.HasGivenUp))
            {
                var isTaken = group.Count < MostAtOnce && site.UnderWay.Add(keyOf(waiting.Item));
                (isTaken ? group : rest).Add(waiting);
            }

            site.Waiting = rest;
            if (group.Count == 0 && --site.Lanes == 0)
                sites.Remove(site.SiteId);
            return group;
        }
    }

    static ExecutionContext CaptureNew()
    {
        ExecutionContext? context = null;
        var thread = new Thread(() => context = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return context!;
    }

    sealed class Site(Guid siteId)
    {
        public Guid SiteId { get; } = siteId;

        /// <summary>The items whose group has not begun, the oldest first.</summary>
        public List<Waiting> Waiting { get; set; } = [];

        /// <summary>The keys of the items whose groups have begun.</summary>
        public HashSet<object> UnderWay { get; } = [];

        /// <summary>The number of running lanes.</summary>
        public int Lanes { get; set; }
    }

    sealed class Waiting(TItem item, CancellationToken ct)
    {
        public TItem Item { get; } = item;

        /// <summary>The span of the call; nothing when no traces are kept.</summary>
        public ActivityContext Caller { get; } = Activity.Current?.Context ?? default;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HasGivenUp => ct.IsCancellationRequested;
    }
}
