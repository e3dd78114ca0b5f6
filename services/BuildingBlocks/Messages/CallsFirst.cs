using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Threading.RateLimiting;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>
/// Leaves time for calls while large batches of work are made up for: as long as calls come, batches are cut into small slices, few of which run at once,
/// and each slice rests as long as it took, at most a second.
/// </summary>
/// <remarks>
/// Without calls, nothing waits. A small batch waits for no turn, so a steady flow of them is as fast as ever, unless large ones hold all places of its queue.
/// A slice that takes long keeps only its own site waiting: after a second it goes on without its lane, and its site has no other slice meanwhile. Others of
/// its site wait a few seconds and are put off then, since whoever waits holds a place of the queue. Batches that cannot be cut wait for their like only.
/// </remarks>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of.
public sealed class CallsFirst(SiteGate calls) : IAsyncDisposable
#pragma warning restore CA1001
{
    /// <summary>The fewest people in a batch that may have to wait, and the most in a slice.</summary>
    public const int Large = 100;

    /// <summary>The longest that a slice has its lane, and that it rests.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a batch waits while none of its sites has a place free.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>For how long after that no other batch of these sites waits: it is put off at once when it finds no place.</summary>
    public static readonly TimeSpan Impatience = TimeSpan.FromSeconds(10);

    /// <summary>The most slices at once while calls come: of one site, and of all that began within a <see cref="Turn"/>.</summary>
    public static int Lanes { get; } = Math.Max(1, Environment.ProcessorCount / 2);

    readonly SemaphoreSlim lanes = new(Lanes);

    readonly SitePlaces slices = new();
    readonly SitePlaces wholes = new();

    /// <summary>By which turns, rests and waits are measured.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Does the work of a batch, in slices when calls come: first for those whose sites have a place free, then for the others. Where some slices fail,
    /// the rest is done.
    /// </summary>
    /// <param name="batch">What the work is about. What is of one site keeps its order.</param>
    /// <param name="siteOf">Whose it is.</param>
    /// <param name="work">Does it for a slice.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    /// <param name="goesLast">Whether a site is known to be slow: it shares no slice with others, and begins when they are done.</param>
    /// <exception cref="AggregateException">Several slices failed. The failure of a single one is thrown as it is.</exception>
    /// <exception cref="PutOff">The sites of the rest had no place free for a while.</exception>
    public async Task RunAsync<T>(
        IReadOnlyList<T> batch, Func<T, Guid> siteOf, Func<IReadOnlyList<T>, Task> work, CancellationToken ct, Func<Guid, bool>? goesLast = null)
    {
        var failures = new List<Exception>();
        for (var left = batch; left.Count > 0;)
        {
            // Calls may come, or end, between two slices.
            using var slice = batch.Count >= Large && calls.AreComing
                ? await CutAsync(left, siteOf, goesLast ?? (static _ => false), ct) : new Slice<T>(left, [], []);
            if (slice is null)
            {
                failures.Add(NoPlace());
                break;
            }

            left = slice.Left;
            try
            {
                await (slice.Turns.Count > 0 ? InLaneAsync(() => work(slice.Items), ct) : work(slice.Items));
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                failures.Add(exception);
            }
        }

        if (failures is [var only])
            ExceptionDispatchInfo.Throw(only);
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    /// <summary>Does the work of a batch that cannot be cut, when it is its turn.</summary>
    /// <param name="siteId">Whose it is.</param>
    /// <param name="size">How many people it is about.</param>
    /// <param name="work">Does it.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    /// <exception cref="PutOff">Its site had no place free for a while.</exception>
    public async Task RunAsync(Guid siteId, int size, Func<Task> work, CancellationToken ct)
    {
        if (size < Large || !calls.AreComing)
        {
            await work();
            return;
        }

        var turn = wholes.Try(siteId);
        if (!turn.IsAcquired)
            turn = (await wholes.WaitAsync([siteId], Time, ct)).GetValueOrDefault(siteId) ?? throw NoPlace();
        using (turn)
            await InLaneAsync(work, ct);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await slices.DisposeAsync();
        await wholes.DisposeAsync();
    }

    static PutOff NoPlace() => new("Other work of the site takes long, and this waits behind it.");

    // Null where none of the sites has a place for too long. Holds none while it waits: a slice of a slow site keeps no other site waiting.
    async Task<Slice<T>?> CutAsync<T>(IReadOnlyList<T> left, Func<T, Guid> siteOf, Func<Guid, bool> goesLast, CancellationToken ct)
    {
        var all = left.Select(siteOf).Distinct().ToArray();
        var first = Array.FindAll(all, siteId => !goesLast(siteId));
        var sites = first.Length > 0 ? first : all;
        var asked = sites.ToDictionary(siteId => siteId, _ => (RateLimitLease?)null);
        if (!sites.Any(IsFree))
        {
            foreach (var (siteId, turn) in await slices.WaitAsync(sites, Time, ct))
                asked[siteId] = turn;
            if (!sites.Any(IsFree))
                return null;
        }

        var (slice, rest) = (new List<T>(), new List<T>());
        foreach (var item in left)
            (slice.Count < Large && IsFree(siteOf(item)) ? slice : rest).Add(item);
        return new(slice, rest, [.. asked.Values.OfType<RateLimitLease>()]);

        bool IsFree(Guid siteId)
        {
            if (!asked.TryGetValue(siteId, out var turn))
                return false;

            turn ??= asked[siteId] = slices.Try(siteId);
            return turn.IsAcquired;
        }
    }

    async Task InLaneAsync(Func<Task> work, CancellationToken ct)
    {
        await lanes.WaitAsync(ct);
        var working = WorkAndRestAsync(work, ct);
        try
        {
            await working.WaitAsync(Turn, Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            lanes.Release();
        }

        await working;
    }

    async Task WorkAndRestAsync(Func<Task> work, CancellationToken ct)
    {
        var began = Time.GetTimestamp();
        await work();
        var took = Time.GetElapsedTime(began);
        // The work is done, whatever ends the rest.
        await Simulated.RestAsync(took < Turn ? took : Turn, ct, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The places that sites have, each as many.
    sealed class SitePlaces : IAsyncDisposable
    {
        // As many of one batch.
        const int MostAwaited = 16;

        const int MostRemembered = 10_000;

        readonly PartitionedRateLimiter<Guid> places = PartitionedRateLimiter.Create<Guid, Guid>(siteId => RateLimitPartition.GetConcurrencyLimiter(
            siteId, _ => new ConcurrencyLimiterOptions { PermitLimit = Lanes, QueueLimit = int.MaxValue }));

        // When somebody last waited for a place in vain, if nobody who waited got one since.
        readonly ConcurrentDictionary<Guid, long> inVain = new();

        // A place, if one is free and nobody waits for it.
        public RateLimitLease Try(Guid siteId) => places.AttemptAcquire(siteId);

        // The first place that one of the sites has, seldom a few. None after a while, or at once if nobody got one a moment ago.
        public async Task<IReadOnlyDictionary<Guid, RateLimitLease>> WaitAsync(IReadOnlyList<Guid> sites, TimeProvider time, CancellationToken ct)
        {
            var taken = new ConcurrentDictionary<Guid, RateLimitLease>();
            var awaited = sites.Where(siteId => !inVain.TryGetValue(siteId, out var at) || time.GetElapsedTime(at) >= Impatience)
                .Take(MostAwaited).ToArray();
            if (awaited.Length == 0)
                return taken;

            using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
            Task[] waits =
            [
                .. awaited.Select(async siteId => taken[siteId] = await places.AcquireAsync(siteId, 1, over.Token)),
                Simulated.RestAsync(Patience, over.Token, time),
            ];
            await Task.WhenAny(waits);
            await over.CancelAsync();
            await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ct.IsCancellationRequested)
            {
                foreach (var turn in taken.Values)
                    turn.Dispose();
                ct.ThrowIfCancellationRequested();
            }

            if (inVain.Count >= MostRemembered)
                inVain.Clear();
            foreach (var siteId in awaited)
            {
                if (taken.IsEmpty)
                    inVain[siteId] = time.GetTimestamp();
                else if (taken.ContainsKey(siteId))
                    inVain.TryRemove(siteId, out _);
            }

            return taken;
        }

        public ValueTask DisposeAsync() => places.DisposeAsync();
    }

    // Has the places of its sites until it is disposed.
    sealed record Slice<T>(IReadOnlyList<T> Items, IReadOnlyList<T> Left, IReadOnlyCollection<RateLimitLease> Turns) : IDisposable
    {
        public void Dispose()
        {
            foreach (var turn in Turns)
                turn.Dispose();
        }
    }
}
