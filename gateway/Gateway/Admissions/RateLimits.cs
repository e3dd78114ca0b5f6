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

    readonly PartitionedRateLimiter<string> sites = Buckets(options.Value.PerSite, options.Value.PerSiteBurst);
    readonly PartitionedRateLimiter<string> keys = Buckets(options.Value.PerKey, options.Value.PerKeyBurst);
    readonly PartitionedRateLimiter<string> addresses = Buckets(options.Value.PerAddress, options.Value.PerAddressBurst);
    readonly PartitionedRateLimiter<string> visitors = Buckets(options.Value.PerVisitor, options.Value.PerVisitorBurst);
    readonly PartitionedRateLimiter<string> wrongKeys = Buckets(options.Value.WrongKeys, options.Value.WrongKeysBurst);

    /// <summary>Counts a call of a known caller. A publishable key is in everybody's hands, so its calls also count per address.</summary>
    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForCaller(Admitted admitted, string address)
    {
        if (admitted.IsPublishable)
            Take(addresses, $"{admitted.Caller.SiteId} {address}", "Pages call too often from this address.");
        Take(keys, admitted.Caller.Subject, "This key calls too often.");
        Take(sites, admitted.Caller.SiteId.ToString(), "This site calls too often.");
    }

    /// <summary>Counts a call that needs no credentials, such as signing in.</summary>
    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForAnybody(string address) => Take(addresses, $"anybody {address}", "Too many calls from this address.");

    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForVisitor(Guid siteId, string person) => Take(visitors, $"{siteId} {person}", "This visitor calls too often.");

    /// <summary>Counts wrong credentials. Right ones are never counted, so they go on behind an address that others guess from.</summary>
    /// <exception cref="GatewayError">There were too many.</exception>
    public void TakeForWrongKey(string address) => Take(wrongKeys, address, "Too many calls with wrong credentials.");

    public void Dispose()
    {
        sites.Dispose();
        keys.Dispose();
        addresses.Dispose();
        visitors.Dispose();
        wrongKeys.Dispose();
    }

    static void Take(PartitionedRateLimiter<string> limiter, string partition, string message)
    {
        using var lease = limiter.AttemptAcquire(partition);
        if (lease.IsAcquired)
            return;

        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter : TimeSpan.FromSeconds(1);
        throw new GatewayError(StatusCode.ResourceExhausted, "TOO_MANY_CALLS", message) { RetryAfter = wait };
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
