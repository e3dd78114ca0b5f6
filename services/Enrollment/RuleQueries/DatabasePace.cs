using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Distinguishes slow rules of one person from a database that is slow for everybody.</summary>
public sealed class DatabasePace(NpgsqlDataSource source, IOptions<RuleOptions> options)
{
    readonly TimeSpan quick = TimeSpan.FromMilliseconds(options.Value.PaceTimeoutMilliseconds);

    /// <summary>
    /// Runs work for one person, and once more if their rules time out in the database, because the database may have
    /// been blocked for a moment.
    /// </summary>
    /// <param name="siteId">The person's site.</param>
    /// <param name="work">The work; it must do all or nothing.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="DatabaseSlow">The database is slow for everybody.</exception>
    /// <exception cref="RulesTooCostly">The rules took too long twice.</exception>
    public async Task<T> TwiceAsync<T>(Guid siteId, Func<Task<T>> work, CancellationToken ct)
    {
        try
        {
            return await work();
        }
        catch (RulesTooCostly costly) when (costly.InDatabase is not null)
        {
            await RefuseIfSlowAsync(siteId, costly, ct);
        }

        return await work();
    }

    /// <summary>Returns if a failure is caused by the person's own data.</summary>
    /// <exception cref="DatabaseSlow">The rules timed out because the database is slow for everybody.</exception>
    public async Task RefuseIfSlowAsync(Guid siteId, Exception failure, CancellationToken ct)
    {
        if (failure is RulesTooCostly { InDatabase: not null } && !await source.InTransactionAsync(transaction => IsQuickAsync(transaction, siteId, ct), ct))
            throw new DatabaseSlow();
    }

    /// <summary>Whether the database reads a few events of a site at normal speed.</summary>
    public async Task<bool> IsQuickAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        // Reads in the order of an index, so that it reads the same few rows however many there are.
        const string sql = """
            select count(few.properties)
            from (select properties from enrollment.event where site_id = @siteId order by profile_id, name, occurred_at limit 100) as few
            """;
        return (await transaction.WithinAsync(quick, () => transaction.ScalarAsync<long>(sql, new { siteId }, ct), ct)).InTime;
    }
}
