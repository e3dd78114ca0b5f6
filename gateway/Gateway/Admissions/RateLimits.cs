using System.Threading.RateLimiting;
using Grpc.Core;
using Journeys.Access.Callers;
using Journeys.Gateways.Problems;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways.Admissions;

/// <summary>How often sites, keys, addresses, visitors and guessers may call. Each replica counts for itself.</summary>
public sealed class RateLimits(IOptions<RateLimitOptions> options) : IDisposable
{
    // Tokens come back five times a second, so that a limit of a few a second still means what it says.
    const int RefillsPerSecond = 5;

    // One limiter for all, since each wakes up ten times a second even when nobody calls.
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

    /// <summary>Counts a call of a known caller. A publishable key is in everybody's hands, so its calls also count per address.</summary>
    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForCaller(Admitted admitted, string address)
    {
        if (admitted.IsPublishable)
            Take(Limited.Address, $"{admitted.Caller.SiteId} {address}", "Pages call too often from this address.");
        Take(Limited.Key, admitted.Caller.Subject, "This key calls too often.");
        Take(Limited.Site, admitted.Caller.SiteId.ToString(), "This site calls too often.");
    }

    /// <summary>Counts a call that needs no credentials, such as signing in.</summary>
    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForAnybody(string address) => Take(Limited.Address, $"anybody {address}", "Too many calls from this address.");

    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForVisitor(Guid siteId, string person) => Take(Limited.Visitor, $"{siteId} {person}", "This visitor calls too often.");

    /// <summary>Counts wrong credentials. Right ones are never counted, so they go on behind an address that others guess from.</summary>
    /// <exception cref="GatewayError">There were too many.</exception>
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
            // Of a limit below five a second the refills are fewer.
            TokensPerPeriod = Math.Max(1, perSecond / RefillsPerSecond),
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / Math.Min(perSecond, RefillsPerSecond)),
        };
    }
}
