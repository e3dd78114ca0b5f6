using System.Threading.RateLimiting;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Members;

/// <summary>Limits the invitations that a site can send by mail. Each replica counts separately.</summary>
public sealed class InvitationLimit(IOptions<AccessOptions> options) : IDisposable
{
    readonly PartitionedRateLimiter<Guid> sites = PartitionedRateLimiter.Create<Guid, Guid>(site =>
        RateLimitPartition.GetSlidingWindowLimiter(site, _ => new SlidingWindowRateLimiterOptions
        {
            PermitLimit = options.Value.InvitationsPerHour,
            Window = TimeSpan.FromHours(1),
            SegmentsPerWindow = 6,
        }));

    /// <exception cref="TooManyInvitations">The site has invited too many people in the last hour.</exception>
    public void Take(Guid siteId)
    {
        using var lease = sites.AttemptAcquire(siteId);
        if (!lease.IsAcquired)
            throw new TooManyInvitations();
    }

    public void Dispose() => sites.Dispose();
}

/// <summary>Too many invitations: RESOURCE_EXHAUSTED.</summary>
public sealed class TooManyInvitations() : DomainException(
    StatusCode.ResourceExhausted, "TOO_MANY_INVITATIONS", "This site has invited too many people in the last hour. Try again later.");
