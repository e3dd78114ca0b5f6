using System.Threading.RateLimiting;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Runs the previews of a site one after the other, each with a timeout.</summary>
/// <remarks>The database works on at most one preview of a site, however many members request one.</remarks>
/// <param name="source">The database.</param>
/// <param name="options">The timeout.</param>
/// <param name="what">What the previews are called in messages, in the plural.</param>
public sealed class PreviewTurns(NpgsqlDataSource source, IOptions<AudienceOptions> options, string what) : IAsyncDisposable
{
    // One runs and a few wait.
    readonly PartitionedRateLimiter<Guid> turns = PartitionedRateLimiter.Create<Guid, Guid>(siteId =>
        RateLimitPartition.GetConcurrencyLimiter(siteId, static _ => new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 4 }));

    /// <summary>Runs a preview when it is the site's turn.</summary>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW.</exception>
    /// <exception cref="TooManyCalls">A preview of the site is running, and too many are waiting.</exception>
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
