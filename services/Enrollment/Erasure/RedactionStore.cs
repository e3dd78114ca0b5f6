using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Erasure;

/// <summary>The redaction of the outbox for one erased person, with its position.</summary>
public sealed record RedactionRow
{
    public Guid SiteId { get; init; }
    public Guid ProfileId { get; init; }
    public byte[][] IdHashes { get; init; } = [];
    public Guid Reached { get; init; }
    public Guid Until { get; init; }
}

/// <summary>Stores which erased persons may still be named by unpublished messages.</summary>
public static class RedactionStore
{
    const string Columns = "site_id, profile_id, id_hashes, reached, until";

    /// <summary>Adds a redaction.</summary>
    public static Task AddAsync(NpgsqlTransaction transaction, RedactionRow redaction, CancellationToken ct)
    {
        const string sql = $"""
            insert into enrollment.redaction ({Columns})
            values (@SiteId, @ProfileId, @IdHashes, @Reached, @Until)
            """;
        return transaction.ExecuteAsync(
            sql, new { redaction.SiteId, redaction.ProfileId, redaction.IdHashes, redaction.Reached, redaction.Until }, ct);
    }

    /// <summary>Returns the next site in round-robin order and the age in seconds of the oldest redaction; null when there are none.</summary>
    public static async Task<(Guid SiteId, double Age)?> FindSiteAsync(NpgsqlDataSource source, Guid after, CancellationToken ct)
    {
        const string sql = """
            select site_id, extract(epoch from now() - min(created_at) over ())::double precision as age
            from enrollment.redaction
            order by site_id <= @after, site_id
            limit 1
            """;
        return await source.QueryAsync<(Guid, double)>(sql, new { after }, ct) is [var found] ? found : null;
    }

    /// <summary>Locks the oldest unlocked redaction of a site; null when there is none.</summary>
    public static Task<RedactionRow?> LockOldestAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}
            from enrollment.redaction
            where site_id = @siteId
            order by created_at, profile_id
            limit 1
            for update skip locked
            """;
        return transaction.QuerySingleOrDefaultAsync<RedactionRow>(sql, new { siteId }, ct);
    }

    /// <summary>Locks and returns the unlocked redactions whose position is in this part of the outbox.</summary>
    public static Task<IReadOnlyList<RedactionRow>> LockBetweenAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid first, Guid last, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}
            from enrollment.redaction
            where site_id = @siteId and reached >= @first and reached < @last
            order by created_at, profile_id
            limit @limit
            for update skip locked
            """;
        return transaction.QueryAsync<RedactionRow>(sql, new { siteId, first, last, limit }, ct);
    }

    /// <summary>Locks the redaction of one person; null when it is done.</summary>
    public static Task<RedactionRow?> LockAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from enrollment.redaction where site_id = @siteId and profile_id = @profileId for update";
        return transaction.QuerySingleOrDefaultAsync<RedactionRow>(sql, new { siteId, profileId }, ct);
    }

    /// <summary>Stores a new position of redactions of a site, and removes those that have reached their end.</summary>
    public static Task SaveAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, Guid reached, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.redaction where site_id = @siteId and profile_id = any(@profileIds) and until <= @reached;
            update enrollment.redaction set reached = @reached where site_id = @siteId and profile_id = any(@profileIds)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileIds, reached }, ct);
    }
}
