using System.Runtime.ExceptionServices;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>
/// Leaves time for calls while large batches of work are made up for: as long as calls come, batches are cut into small slices, few of which run at once,
/// and each slice rests as long as it took.
/// </summary>
/// <remarks>Without calls, nothing waits. A small batch waits for no turn, so a steady flow of them is as fast as ever, unless large ones hold all places of its queue.</remarks>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of, and this lives as long as the process.
public sealed class CallsFirst(SiteGate calls)
#pragma warning restore CA1001
{
    /// <summary>The fewest people in a batch that may have to wait, and the most in a slice.</summary>
    public const int Large = 100;

    /// <summary>The most slices at once while calls come.</summary>
    public static int Lanes { get; } = Math.Max(1, Environment.ProcessorCount / 2);

    readonly SemaphoreSlim lanes = new(Lanes);

    /// <summary>Does the work of a batch, in slices when calls come. Where some of them fail, the rest is done, and the first failure thrown.</summary>
    /// <param name="batch">What the work is about, in its order.</param>
    /// <param name="work">Does it for a slice.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    public async Task RunAsync<T>(IReadOnlyList<T> batch, Func<IReadOnlyList<T>, Task> work, CancellationToken ct)
    {
        Exception? failure = null;
        for (var done = 0; done < batch.Count;)
        {
            // Calls may come, or end, between two slices.
            var slice = calls.AreComing ? [.. batch.Skip(done).Take(Large)] : done == 0 ? batch : [.. batch.Skip(done)];
            try
            {
                await RunAsync(batch.Count, () => work(slice), ct);
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
    /// <param name="size">How many people it is about.</param>
    /// <param name="work">Does it.</param>
    /// <param name="ct">Ends the wait for the turn, and the rest.</param>
    public async Task RunAsync(int size, Func<Task> work, CancellationToken ct)
    {
        if (size < Large || !calls.AreComing)
        {
            await work();
            return;
        }

        await lanes.WaitAsync(ct);
        try
        {
            var began = Environment.TickCount64;
            await work();
            // The work is done, whatever ends the rest.
            await Simulated.RestAsync(TimeSpan.FromMilliseconds(Environment.TickCount64 - began), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            lanes.Release();
        }
    }
}
