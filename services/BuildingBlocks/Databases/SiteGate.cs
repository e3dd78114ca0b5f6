using System.Threading.RateLimiting;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>
/// Keeps the calls of one site from taking every connection: at most half of the pool serves one site at once, and its
/// other calls wait.
/// </summary>
public sealed class SiteGate(IOptions<PostgresOptions> postgres) : IAsyncDisposable
{
    const int MostWaiting = 1_000;
    const int ComingMilliseconds = 1_000;

    readonly TimeSpan longestWait = TimeSpan.FromSeconds(postgres.Value.ConnectTimeoutSeconds);

    readonly PartitionedRateLimiter<Guid> calls = PartitionedRateLimiter.Create<Guid, Guid>(siteId => RateLimitPartition.GetConcurrencyLimiter(
        siteId,
        _ => new ConcurrencyLimiterOptions { PermitLimit = Math.Max(1, postgres.Value.MaxPoolSize / 2), QueueLimit = MostWaiting }));

    long lastCallAt = long.MinValue / 2;

    /// <summary>Whether a call came within the last second.</summary>
    public bool AreComing => Environment.TickCount64 - Volatile.Read(ref lastCallAt) < ComingMilliseconds;

    /// <summary>Waits for the site's turn. Dispose of the result when the call has ended.</summary>
    /// <exception cref="TooManyCalls">A thousand calls of the site are waiting already.</exception>
    /// <exception cref="Busy">The turn did not come within the time limit.</exception>
    public async ValueTask<IDisposable> EnterAsync(Guid siteId, CancellationToken ct)
    {
        Volatile.Write(ref lastCallAt, Environment.TickCount64);
        var turn = calls.AttemptAcquire(siteId);
        if (turn.IsAcquired)
            return turn;

        // Nothing was done yet, so a refusal is better than a start shortly before the caller's deadline.
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        waiting.CancelAfter(longestWait);
        try
        {
            turn = await calls.AcquireAsync(siteId, 1, waiting.Token);
            return turn.IsAcquired ? turn : throw TooManyCalls.OfSite();
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new Busy();
        }
    }

    public ValueTask DisposeAsync() => calls.DisposeAsync();
}

/// <summary>Stores the turn of a call.</summary>
public static class SiteTurns
{
    const string Turn = "turn";

    /// <summary>Stores the turn in the context of the call.</summary>
    public static void BeginTurn(this ServerCallContext context, IDisposable? turn) => context.UserState[Turn] = turn!;

    /// <summary>
    /// Ends the turn early, so that a call that waits without a connection lets another call of the site run.
    /// </summary>
    public static void EndTurn(this ServerCallContext context)
    {
        if (context.UserState.TryGetValue(Turn, out var turn))
            (turn as IDisposable)?.Dispose();
    }
}

/// <summary>Too many calls at once: RESOURCE_EXHAUSTED.</summary>
public sealed class TooManyCalls(string message) : DomainException(StatusCode.ResourceExhausted, "TOO_MANY_CALLS", message)
{
    /// <summary>The site has its maximum number of waiting calls.</summary>
    public static TooManyCalls OfSite() => new("Too many calls of this site are waiting. Try again later.");

    /// <summary>One second.</summary>
    public override TimeSpan? RetryAfter { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>A call waited too long for others of its site and was not started: UNAVAILABLE.</summary>
public sealed class Busy()
    : DomainException(StatusCode.Unavailable, "TRY_AGAIN", "This site has too many slow calls in progress, so this call was not started. Try again.");
