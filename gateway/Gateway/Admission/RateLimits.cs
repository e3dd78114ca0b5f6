using System.Threading.RateLimiting;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways;

/// <summary>How often keys, visitors and guessers may call. Each replica counts for itself.</summary>
public sealed class RateLimits(IOptions<RateLimitOptions> options) : IDisposable
{
    // Tokens come back five times a second, so that a limit of a few a second still means what it says.
    const int RefillsPerSecond = 5;

    readonly PartitionedRateLimiter<string> keys = Buckets(options.Value.PerKey, options.Value.PerKeyBurst);
    readonly PartitionedRateLimiter<string> visitors = Buckets(options.Value.PerVisitor, options.Value.PerVisitorBurst);
    readonly PartitionedRateLimiter<string> wrongKeys = Buckets(options.Value.WrongKeys, options.Value.WrongKeysBurst);

    public void TakeForKey(Caller caller) => Take(keys, caller.Subject, 1, "This key calls too often.");

    public void TakeForVisitor(Guid siteId, string person) => Take(visitors, $"{siteId} {person}", 1, "This visitor calls too often.");

    /// <summary>Refuses an address that has shown too many wrong credentials.</summary>
    public void CheckWrongKeys(string address) => Take(wrongKeys, address, 0, "Too many calls with wrong credentials.");

    public void TakeForWrongKey(string address) => wrongKeys.AttemptAcquire(address).Dispose();

    public void Dispose()
    {
        keys.Dispose();
        visitors.Dispose();
        wrongKeys.Dispose();
    }

    static void Take(PartitionedRateLimiter<string> limiter, string partition, int count, string message)
    {
        using var lease = limiter.AttemptAcquire(partition, count);
        if (lease.IsAcquired)
            return;

        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : TimeSpan.FromSeconds(1);
        throw new Refusal(StatusCode.ResourceExhausted, "TOO_MANY_CALLS", message) { RetryAfter = wait };
    }

    static PartitionedRateLimiter<string> Buckets(int perSecond, int burst) =>
        PartitionedRateLimiter.Create<string, string>(partition => RateLimitPartition.GetTokenBucketLimiter(partition, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            // Of a limit below five a second the refills are fewer.
            TokensPerPeriod = Math.Max(1, perSecond / RefillsPerSecond),
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / Math.Min(perSecond, RefillsPerSecond)),
        }));
}
