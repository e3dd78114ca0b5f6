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

    /// <summary>Does the work of a batch, in slices when calls come. Where some of them fail, the rest is done, and the first failure thrown.</summary>
    /// <param name="batch">What the work is about, in its order.</param>
    /// <param name="siteOf">Whose it is.</param>
    /// <param name="work">Does it for a slice.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    public async Task RunAsync<T>(IReadOnlyList<T> batch, Func<T, Guid> siteOf, Func<IReadOnlyList<T>, Task> work, CancellationToken ct)
    {
        Exception? failure = null;
        for (var done = 0; done < batch.Count;)
        {
            // Calls may come, or end, between two slices.
            var slice = calls.AreComing ? [.. batch.Skip(done).Take(Large)] : done == 0 ? batch : [.. batch.Skip(done)];
            try
            {
                await RunAsync(OnlySiteOf(slice, siteOf), batch.Count, () => work(slice), ct);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                failure ??= exception;
            }

            done += slice.Count;
        }

        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Does the work of a batch that cannot be cut, when it is its turn.</summary>
    /// <param name="siteId">Whose it is; null where it is of several sites.</param>
    /// <param name="size">How many people it is about.</param>
    /// <param name="work">Does it.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    public async Task RunAsync(Guid? siteId, int size, Func<Task> work, CancellationToken ct)
    {
        if (size < Large || !calls.AreComing)
        {
            await work();
            return;
        }

        using var turn = siteId is { } site ? await sites.AcquireAsync(site, 1, ct) : null;
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

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => sites.DisposeAsync();

    async Task WorkAndRestAsync(Func<Task> work, CancellationToken ct)
    {
        var began = Time.GetTimestamp();
        await work();
        var took = Time.GetElapsedTime(began);
        // The work is done, whatever ends the rest.
        await Simulated.RestAsync(took < Turn ? took : Turn, ct, Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    static Guid? OnlySiteOf<T>(IReadOnlyList<T> slice, Func<T, Guid> siteOf) =>
        slice.Select(siteOf).Distinct().Take(2).ToList() is [var only] ? only : null;
}
