using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Distinguishes slow rules of one person from a database that is slow for everybody.</summary>
public sealed class DatabasePace(NpgsqlDataSource source)
{
    // It takes about a millisecond.
    static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Does something about one person, and once more where their rules take the database too long: everything may have stood still for a moment.
    /// </summary>
    /// <param name="siteId">The person's site.</param>
    /// <param name="work">All or nothing.</param>
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

    /// <summary>Returns if a failure is the person's own, who fails again.</summary>
    /// <exception cref="DatabaseSlow">It was that rules took the database too long, which is slow for everybody.</exception>
    public async Task RefuseIfSlowAsync(Guid siteId, Exception failure, CancellationToken ct)
    {
        if (failure is RulesTooCostly { InDatabase: not null } && !await source.InTransactionAsync(transaction => IsQuickAsync(transaction, siteId, ct), ct))
            throw new DatabaseSlow();
    }

    /// <summary>Whether the database reads a few events of a site as quickly as it should.</summary>
    public static async Task<bool> IsQuickAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        // In the order of an index, so that it is the same few however many there are.
        const string sql = """
            select count(few.properties)
            from (select properties from enrollment.event where site_id = @siteId order by profile_id, name, occurred_at limit 100) as few
            """;
        return (await transaction.WithinAsync(Quick, () => transaction.ScalarAsync<long>(sql, new { siteId }, ct), ct)).InTime;
    }
}
