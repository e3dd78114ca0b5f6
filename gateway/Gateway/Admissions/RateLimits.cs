using System.Threading.RateLimiting;
using Grpc.Core;
using Journeys.Access.Callers;
using Journeys.Gateways.Problems;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways.Admissions;

/// <summary>
/// Limits the calls of sites, keys, addresses and visitors, and attempts with wrong credentials. Each replica counts
/// separately.
/// </summary>
public sealed class RateLimits(IOptions<RateLimitOptions> options) : IDisposable
{
    // Tokens are refilled five times a second, so that limits of a few calls a second are exact.
    const int RefillsPerSecond = 5;

    // One limiter for all, because each limiter wakes ten times a second even when nobody calls.
    readonly PartitionedRateLimiter<(Limited, string)> buckets = PartitionedRateLimiter.Create<(Limited Of, string), (Limited Of, string)>(partition =>
        RateLimitPartition.GetTokenBucketLimiter(partition, key => Bucket(options.Value, key.Of)));

    enum Limited
    {
        Site,
        Key,
        Address,
        Visitor,
        WrongKeys,
    }

    /// <summary>
    /// Counts a call of an authenticated caller. A publishable key is public, so its calls are also counted per
    /// address.
    /// </summary>
    /// <exception cref="GatewayError">There were too many calls.</exception>
    public void TakeForCaller(Admitted admitted, string address)
    {
        if (admitted.IsPublishable)
            Take(Limited.Address, $"{admitted.Caller.SiteId} {address}", "Pages call too often from this address.");
        Take(Limited.Key, admitted.Caller.Subject, "This key calls too often.");
        Take(Limited.Site, admitted.Caller.SiteId.ToString(), "This site calls too often.");
    }

    /// <summary>Counts a call without credentials, such as a sign-in.</summary>
    /// <exception cref="GatewayError">There were too many calls.</exception>
    public void TakeForAnybody(string address) => Take(Limited.Address, $"anybody {address}", "Too many calls from this address.");

    /// <exception cref="GatewayError">There were too many calls.</exception>
    public void TakeForVisitor(Guid siteId, string person) => Take(Limited.Visitor, $"{siteId} {person}", "This visitor calls too often.");

    /// <summary>
    /// Counts wrong credentials. Valid ones are never counted, so they still work from an address that attackers use.
    /// </summary>
    /// <exception cref="GatewayError">There were too many wrong credentials.</exception>
    public void TakeForWrongKey(string address) => Take(Limited.WrongKeys, address, "Too many calls with wrong credentials.");

    public void Dispose() => buckets.Dispose();

    void Take(Limited of, string who, string message)
    {
        using var lease = buckets.AttemptAcquire((of, who));
        if (lease.IsAcquired)
            return;

        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : TimeSpan.FromSeconds(1);
        throw new GatewayError(StatusCode.ResourceExhausted, "TOO_MANY_CALLS", message) { RetryAfter = wait };
    }

    static TokenBucketRateLimiterOptions Bucket(RateLimitOptions options, Limited of)
    {
        var (perSecond, burst) = of switch
        {
            Limited.Site => (options.PerSite, options.PerSiteBurst),
            Limited.Key => (options.PerKey, options.PerKeyBurst),
            Limited.Address => (options.PerAddress, options.PerAddressBurst),
            Limited.Visitor => (options.PerVisitor, options.PerVisitorBurst),
            _ => (options.WrongKeys, options.WrongKeysBurst),
        };
        return new()
        {
            TokenLimit = burst,
            // Limits below five per second are refilled less often.
            TokensPerPeriod = Math.Max(1, perSecond / RefillsPerSecond),
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / Math.Min(perSecond, RefillsPerSecond)),
        };
    }
}
