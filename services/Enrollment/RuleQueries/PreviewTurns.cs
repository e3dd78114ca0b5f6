using System.Threading.RateLimiting;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Has the previews of a site look one after the other, and none of them for long.</summary>
/// <remarks>However many members of a site look at once, the database works for one of them.</remarks>
/// <param name="source">The database.</param>
/// <param name="options">How long one may take.</param>
/// <param name="what">What looks, in the plural.</param>
public sealed class PreviewTurns(NpgsqlDataSource source, IOptions<AudienceOptions> options, string what) : IAsyncDisposable
{
    // One at work and a few who wait.
    readonly PartitionedRateLimiter<Guid> turns = PartitionedRateLimiter.Create<Guid, Guid>(siteId =>
        RateLimitPartition.GetConcurrencyLimiter(siteId, static _ => new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 4 }));

    /// <summary>Looks when it is the site's turn.</summary>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW.</exception>
    /// <exception cref="TooManyCalls">Others of the site look, and still others wait.</exception>
    public async Task<T> LookAsync<T>(Guid siteId, Func<NpgsqlTransaction, Task<T>> look, CancellationToken ct)
    {
        using var turn = await turns.AcquireAsync(siteId, 1, ct);
        if (!turn.IsAcquired)
            throw new TooManyCalls($"Too many {what} are running on this site. Try again in a moment.");

        var seconds = options.Value.PreviewTimeoutSeconds;
        var (inTime, result) = await source.InTransactionAsync(
            transaction => transaction.WithinAsync(TimeSpan.FromSeconds(seconds), () => look(transaction), ct), ct);
        return inTime ? result! : throw new Refused(
            "RULE_TOO_SLOW",
            $"The database needs more than {seconds} seconds for this rule. Regular expressions with large repetitions are the usual cause.");
    }

    public ValueTask DisposeAsync() => turns.DisposeAsync();
}
