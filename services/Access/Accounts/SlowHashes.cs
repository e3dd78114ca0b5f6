using System.Threading.RateLimiting;

namespace Journeys.Access.Accounts;

/// <summary>Runs slow hashes: one at a time for each address, and on at most half of the processors.</summary>
/// <remarks>
/// So an attacker waits behind their own attempts, and neither an attacker nor a crowd delays the gateway's other
/// calls.
/// </remarks>
public sealed class SlowHashes : IDisposable
{
    const int MostWaitingPerAddress = 50;
    const int MostWaiting = 1_000;

    readonly PartitionedRateLimiter<string> addresses = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetConcurrencyLimiter(address, _ => Limit(1, MostWaitingPerAddress)));

    readonly ConcurrencyLimiter all = new(Limit(Math.Max(1, Environment.ProcessorCount / 2), MostWaiting));

    /// <summary>Waits for a turn, then for <paramref name="delay"/>, and runs the work.</summary>
    /// <exception cref="TooManyTries">Too many calls are waiting already for an answer in time.</exception>
    public async Task<T> RunAsync<T>(string address, TimeSpan delay, Func<T> work, CancellationToken ct)
    {
        using var own = await addresses.AcquireAsync(ClientAddress.Network(address), 1, ct);
        if (!own.IsAcquired)
            throw new TooManyTries(TimeSpan.FromSeconds(5));
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, ct);

        using var slot = await all.AcquireAsync(1, ct);
        if (!slot.IsAcquired)
            throw new TooManyTries(TimeSpan.FromSeconds(5));
        return await Task.Run(work, ct);
    }

    public void Dispose()
    {
        addresses.Dispose();
        all.Dispose();
    }

    static ConcurrencyLimiterOptions Limit(int atOnce, int waiting) =>
        new() { PermitLimit = atOnce, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
}
