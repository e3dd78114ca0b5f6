namespace Journeys.BuildingBlocks;

/// <summary>Leaves time for calls while large batches of work are made up for: as long as calls come, few batches run at once, and each rests as long as it took.</summary>
/// <remarks>Without calls, nothing waits. A small batch never waits either, so a steady flow of them is as fast as ever.</remarks>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing to dispose of, and this lives as long as the process.
public sealed class CallsFirst(SiteGate calls)
#pragma warning restore CA1001
{
    /// <summary>The fewest people in a batch that may have to wait.</summary>
    public const int Large = 100;

    /// <summary>The most large batches at once while calls come.</summary>
    public static int Lanes { get; } = Math.Max(1, Environment.ProcessorCount / 2);

    readonly SemaphoreSlim lanes = new(Lanes);

    /// <summary>Does the work of a batch, when it is its turn.</summary>
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
