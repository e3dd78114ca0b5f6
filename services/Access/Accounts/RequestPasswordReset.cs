using System.Threading.RateLimiting;
using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;

namespace Journeys.Access.Accounts;

/// <summary>Records a request for a link to set a new password.</summary>
/// <remarks>
/// Whether the e-mail has an account is looked up only when links are delivered, so neither the answer nor the response
/// time reveals it.
/// </remarks>
public sealed class RequestPasswordReset(
    DeliveryStore deliveries, Links links, PasswordSignIn passwordSignIn, Wake<DeliverLinks> wake) : IDisposable
{
    static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    readonly PartitionedRateLimiter<string> addresses = PartitionedRateLimiter.Create<string, string>(address =>
        RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = 20,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = Every,
        }));

    public async Task RequestAsync(string emailGiven, string address, CancellationToken ct)
    {
        var email = Emails.Check(emailGiven, "email");
        passwordSignIn.Check();
        if (!links.AreDelivered)
            throw new Refused("LINKS_NOT_DELIVERED", "E-mail delivery is not set up. Ask the operator for a link to set a new password.");

        using var lease = addresses.AttemptAcquire(ClientAddress.Network(address));
        if (!lease.IsAcquired)
            throw new TooManyTries(Every);

        await deliveries.AddPasswordResetAsync(email, ct);
        wake.Set();
    }

    public void Dispose() => addresses.Dispose();
}
