using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Journeys.Gateways;

/// <summary>Runs what is slow on purpose: one at a time for each address, and never on more than half of the processors.</summary>
/// <remarks>So a guesser waits behind their own guesses, and neither they nor a crowd take the gateway's time from other calls.</remarks>
public sealed class SlowHashes : IDisposable
{
    const int MostWaitingPerAddress = 50;
    const int MostWaiting = 1_000;

    readonly PartitionedRateLimiter<string> addresses = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetConcurrencyLimiter(address, _ => Limit(1, MostWaitingPerAddress)));

    readonly ConcurrencyLimiter all = new(Limit(Math.Max(1, Environment.ProcessorCount / 2), MostWaiting));

    /// <summary>Waits for its turn, then for <paramref name="delay"/>, and runs the work.</summary>
    /// <exception cref="TooManyTries">So many wait already that it would not be answered in time.</exception>
    public async Task<T> RunAsync<T>(string address, TimeSpan delay, Func<T> work, CancellationToken ct)
    {
        using var own = await addresses.AcquireAsync(Network(address), 1, ct);
        if (!own.IsAcquired)
            throw new TooManyTries(TimeSpan.FromSeconds(5));
        if (delay > TimeSpan.Zero)
            await Task.Delay(delay, ct);

        using var slot = await all.AcquireAsync(1, ct);
        if (!slot.IsAcquired)
            throw new TooManyTries(TimeSpan.FromSeconds(5));
        return await Task.Run(work, ct);
    }

    /// <summary>The address; of IPv6 the network, because one household has more addresses than could be counted.</summary>
    public static string Network(string address)
    {
        if (!IPAddress.TryParse(address, out var ip))
            return address;
        if (ip.IsIPv4MappedToIPv6)
            ip = ip.MapToIPv4();
        return ip.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(ip.GetAddressBytes().AsSpan(0, 8)) : ip.ToString();
    }

    public void Dispose()
    {
        addresses.Dispose();
        all.Dispose();
    }

    static ConcurrencyLimiterOptions Limit(int atOnce, int waiting) =>
        new() { PermitLimit = atOnce, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
}
