using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Threading.RateLimiting;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>
/// Throttles large batches while calls are being served: cuts the batches into small slices, runs only a few slices at
/// once, and rests after each slice as long as it took, at most a second.
/// </summary>
/// <remarks>
/// Without calls, nothing waits. A small batch never waits for a turn, so a steady flow of small batches keeps its
/// speed, unless large batches hold all places of the queue. A slow slice delays only its own site: after a second it
/// continues without its lane, but keeps the place of its site. Other slices of the site wait a few seconds for a place
/// and are then put off, because a waiting batch holds a place of the queue. Batches that cannot be cut wait only for
/// other such batches.
/// </remarks>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of.
public sealed class CallsFirst(SiteGate calls) : IAsyncDisposable
#pragma warning restore CA1001
{
    /// <summary>The smallest batch that may have to wait, in people, and the maximum size of a slice.</summary>
    public const int Large = 100;

    /// <summary>Maximum time that a slice holds its lane, and maximum rest after it.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    /// <summary>Maximum time that a batch waits while none of its sites has a free place.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long after such a wait other batches of the same sites do not wait: a batch is put off at once when it finds
    /// no place.
    /// </summary>
    public static readonly TimeSpan Impatience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum number of slices at once while calls come: for one site, and for all slices that are within their first
    /// <see cref="Turn"/>.
    /// </summary>
    public static int Lanes { get; } = Math.Max(1, Environment.ProcessorCount / 2);

    readonly SemaphoreSlim lanes = new(Lanes);

    readonly SitePlaces slices = new();
    readonly SitePlaces wholes = new();

    /// <summary>The clock for turns, rests and waits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Does the work of a batch, in slices while calls come: first for the sites with a free place, then for the
    /// others. When a slice fails, the others still run.
    /// </summary>
    /// <param name="batch">The items to work on. Items of one site keep their order.</param>
    /// <param name="siteOf">Returns the site of an item.</param>
    /// <param name="work">Does the work for a slice.</param>
    /// <param name="ct">Cancels the wait for the turn, and the rest.</param>
    /// <param name="goesLast">
    /// Returns whether a site is known to be slow: it shares no slice with other sites, and begins after them.
    /// </param>
    /// <exception cref="AggregateException">
    /// Several slices failed. The failure of a single slice is thrown unwrapped.
    /// </exception>
    /// <exception cref="PutOff">The remaining sites had no free place for a while.</exception>
    public async Task RunAsync<T>(
        IReadOnlyList<T> batch, Func<T, Guid> siteOf, Func<IReadOnlyList<T>, Task> work, CancellationToken ct, Func<Guid, bool>? goesLast = null)
    {
        var failures = new List<Exception>();
        for (var left = batch; left.Count > 0;)
        {
            // Calls can start or end between two slices.
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

    /// <summary>Does the work of a batch that cannot be cut, when it has its turn.</summary>
    /// <param name="siteId">The site of the batch.</param>
    /// <param name="size">The number of people in the batch.</param>
    /// <param name="work">Does the work.</param>
    /// <param name="ct">Cancels the wait for the turn, and the rest.</param>
    /// <exception cref="PutOff">The site had no free place for a while.</exception>
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

    // Returns null when no site has a free place in time. Holds no place while it waits, so a slow site delays no other
    // site.
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
        // The work is done, so a cancelled rest is not a failure.
        await Simulated.RestAsync(took < Turn ? took : Turn, ct, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // The places of the sites; every site has the same number.
    sealed class SitePlaces : IAsyncDisposable
    {
        // Maximum number of sites for which one batch waits.
        const int MostAwaited = 16;

        const int MostRemembered = 10_000;

        readonly PartitionedRateLimiter<Guid> places = PartitionedRateLimiter.Create<Guid, Guid>(siteId => RateLimitPartition.GetConcurrencyLimiter(
            siteId, _ => new ConcurrencyLimiterOptions { PermitLimit = Lanes, QueueLimit = int.MaxValue }));

        // The time of the last wait in vain for each site; removed once a wait succeeds.
        readonly ConcurrentDictionary<Guid, long> inVain = new();

        // Returns a place if one is free and nobody waits for it.
        public RateLimitLease Try(Guid siteId) => places.AttemptAcquire(siteId);

        // Waits for the first free place of one of the sites; rarely returns several. Returns none after a while, or at
        // once if the last wait was in vain a moment ago.
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

    // Holds the places of its sites until it is disposed.
    sealed record Slice<T>(IReadOnlyList<T> Items, IReadOnlyList<T> Left, IReadOnlyCollection<RateLimitLease> Turns) : IDisposable
    {
        public void Dispose()
        {
            foreach (var turn in Turns)
                turn.Dispose();
        }
    }
}
