using System.Threading.RateLimiting;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks;

/// <summary>Keeps the calls of one site from taking every connection: at most half of the pool works for it at once, and its other calls wait their turn.</summary>
public sealed class SiteGate(IOptions<PostgresOptions> postgres) : IAsyncDisposable
{
    const int MostWaiting = 1_000;

    readonly PartitionedRateLimiter<Guid> calls = PartitionedRateLimiter.Create<Guid, Guid>(siteId => RateLimitPartition.GetConcurrencyLimiter(
        siteId,
        _ => new ConcurrencyLimiterOptions { PermitLimit = Math.Max(1, postgres.Value.MaxPoolSize / 2), QueueLimit = MostWaiting }));

    /// <summary>Waits for the site's turn. Dispose of the answer when the call has ended.</summary>
    /// <exception cref="TooManyCalls">A thousand calls of the site wait already.</exception>
    public async ValueTask<IDisposable> EnterAsync(Guid siteId, CancellationToken ct)
    {
        var lease = await calls.AcquireAsync(siteId, 1, ct);
        return lease.IsAcquired ? lease : throw new TooManyCalls("Too many calls of this site wait for their turn.");
    }

    public ValueTask DisposeAsync() => calls.DisposeAsync();
}

/// <summary>More calls at once than there is room for: RESOURCE_EXHAUSTED.</summary>
public sealed class TooManyCalls(string message) : DomainException(StatusCode.ResourceExhausted, "TOO_MANY_CALLS", message)
{
    /// <summary>A second.</summary>
    public override TimeSpan? RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}
