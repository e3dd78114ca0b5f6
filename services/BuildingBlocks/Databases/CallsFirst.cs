using System.Runtime.ExceptionServices;
using System.Threading.RateLimiting;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>
/// Leaves time for calls while large batches of work are made up for: as long as calls come, batches are cut into small slices, few of which run at once,
/// and each slice rests as long as it took, at most a second.
/// </summary>
/// <remarks>
/// Without calls, nothing waits. A small batch waits for no turn, so a steady flow of them is as fast as ever, unless large ones hold all places of its queue.
/// A slice that takes long keeps only its own site waiting: after a second it goes on without its lane, and its site has no other slice meanwhile.
/// </remarks>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of.
public sealed class CallsFirst(SiteGate calls) : IAsyncDisposable
#pragma warning restore CA1001
{
    /// <summary>The fewest people in a batch that may have to wait, and the most in a slice.</summary>
    public const int Large = 100;

    /// <summary>The longest that a slice has its lane, and that it rests.</summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    /// <summary>The most slices at once while calls come: of one site, and of all that began within a <see cref="Turn"/>.</summary>
    public static int Lanes { get; } = Math.Max(1, Environment.ProcessorCount / 2);

    readonly SemaphoreSlim lanes = new(Lanes);

    readonly PartitionedRateLimiter<Guid> sites = PartitionedRateLimiter.Create<Guid, Guid>(siteId => RateLimitPartition.GetConcurrencyLimiter(
        siteId, _ => new ConcurrencyLimiterOptions { PermitLimit = Lanes, QueueLimit = int.MaxValue }));

    /// <summary>By which turns and rests are measured.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Does the work of a batch, in slices when calls come: first for those whose sites have a place free, then for the others. Where some slices fail,
    /// the rest is done.
    /// </summary>
    /// <param name="batch">What the work is about. What is of one site keeps its order.</param>
    /// <param name="siteOf">Whose it is.</param>
    /// <param name="work">Does it for a slice.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    /// <exception cref="AggregateException">Several slices failed. The failure of a single one is thrown as it is.</exception>
    public async Task RunAsync<T>(IReadOnlyList<T> batch, Func<T, Guid> siteOf, Func<IReadOnlyList<T>, Task> work, CancellationToken ct)
    {
        var failures = new List<Exception>();
        for (var left = batch; left.Count > 0;)
        {
            // Calls may come, or end, between two slices.
            using var slice = batch.Count >= Large && calls.AreComing ? await CutAsync(left, siteOf, ct) : new Slice<T>(left, [], []);
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
    public async Task RunAsync(Guid siteId, int size, Func<Task> work, CancellationToken ct)
    {
        if (size < Large || !calls.AreComing)
        {
            await work();
            return;
        }

        using var turn = await sites.AcquireAsync(siteId, 1, ct);
        await InLaneAsync(work, ct);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => sites.DisposeAsync();

    // Waits for a place only while none of the sites has one free, and holds none meanwhile: a slice of a slow site keeps no other site waiting.
    async Task<Slice<T>> CutAsync<T>(IReadOnlyList<T> left, Func<T, Guid> siteOf, CancellationToken ct)
    {
        var (turns, slice, rest) = (new Dictionary<Guid, RateLimitLease>(), new List<T>(), new List<T>());
        if (!left.Select(siteOf).Distinct().Any(IsFree))
            turns[siteOf(left[0])] = await sites.AcquireAsync(siteOf(left[0]), 1, ct);
        foreach (var item in left)
            (slice.Count < Large && IsFree(siteOf(item)) ? slice : rest).Add(item);
        return new(slice, rest, turns.Values);

        bool IsFree(Guid siteId)
        {
            if (!turns.TryGetValue(siteId, out var turn))
                turns[siteId] = turn = sites.AttemptAcquire(siteId);
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
