using System.Threading.RateLimiting;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways;

/// <summary>Slows down those who guess passwords. Each replica counts for itself.</summary>
public sealed class SignInThrottle(IOptions<AccessOptions> options) : IDisposable
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    readonly PartitionedRateLimiter<string> emails = Windows(options.Value.SignInTriesPerEmail);
    readonly PartitionedRateLimiter<string> addresses = Windows(options.Value.SignInTriesPerAddress);

    /// <exception cref="TooManyTries">For now no password is looked at, not even the right one.</exception>
    public void Check(string email, string address)
    {
        using var byEmail = emails.AttemptAcquire(email, 0);
        using var byAddress = addresses.AttemptAcquire(address, 0);
        if (!byEmail.IsAcquired || !byAddress.IsAcquired)
            throw new TooManyTries();
    }

    public void CountFailure(string email, string address)
    {
        emails.AttemptAcquire(email).Dispose();
        addresses.AttemptAcquire(address).Dispose();
    }

    public void Dispose()
    {
        emails.Dispose();
        addresses.Dispose();
    }

    static PartitionedRateLimiter<string> Windows(int tries) =>
        PartitionedRateLimiter.Create<string, string>(partition => RateLimitPartition.GetFixedWindowLimiter(
            partition, _ => new FixedWindowRateLimiterOptions { PermitLimit = tries, Window = Window }));
}

/// <summary>Too many wrong passwords: RESOURCE_EXHAUSTED.</summary>
public sealed class TooManyTries()
    : DomainException(StatusCode.ResourceExhausted, "TOO_MANY_TRIES", "Too many wrong passwords. Try again in a quarter of an hour.");
