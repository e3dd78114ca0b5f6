using Journeys.Access.Members;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Sites;

/// <summary>Reads and changes sites.</summary>
public sealed class SiteStore(NpgsqlDataSource database)
{
    public async Task<IReadOnlyList<SiteRow>> ListAsync(Guid[] siteIds, CancellationToken ct)
    {
        const string sql = $"""
            select {SiteRow.Columns}
            from access.site
            where site_id = any(@siteIds)
            order by lower(name), site_id
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QueryAsync<SiteRow>(sql, new { siteIds }, ct);
    }

    /// <summary>
    /// Returns the oldest site with a name, and creates it if there is none. Of two concurrent callers, the second
    /// finds the site of the first.
    /// </summary>
    public static async Task<Guid> EnsureAsync(NpgsqlTransaction transaction, string name, string userTokenKey, CancellationToken ct)
    {
        // Names need not be unique, so a lock keeps two replicas from both creating the site.
        const string sql = """
            select pg_advisory_xact_lock(hashtext('journeys.bootstrap'));
            insert into access.site (site_id, name, require_user_token, user_token_key)
            select @siteId, @name, @userTokenKey <> '', nullif(@userTokenKey, '')
            where not exists (select from access.site where name = @name);
            select site_id from access.site where name = @name order by created_at limit 1
            """;

        await using var results = await transaction.QueryMultipleAsync(sql, new { siteId = Guid.CreateVersion7(), name, userTokenKey }, ct);
        await results.ReadAsync();
        return await results.ReadSingleAsync<Guid>();
    }

    /// <summary>
    /// Creates a site with its first admin; null when that account is an admin of its maximum number of sites. The site
    /// requires user tokens if there is a key to verify them.
    /// </summary>
    public Task<SiteRow?> CreateAsync(
        string name, string[] allowedOrigins, string? userTokenKey, Guid memberId, int most, CancellationToken ct)
    {
        const string count = $"select count(*)::integer from access.membership where member_id = @memberId and role = '{MemberRoles.Admin}'";
        const string sql = $"""
            insert into access.site (site_id, name, allowed_origins, require_user_token, user_token_key)
            values (@siteId, @name, @allowedOrigins, @userTokenKey::text is not null, @userTokenKey)
            returning {SiteRow.Columns}
            """;

        var parameters = new { siteId = Guid.CreateVersion7(), name, allowedOrigins, userTokenKey, memberId };
        return database.InTransactionAsync(
            async transaction =>
            {
                await Quota.TakeTurnAsync(transaction, "access.site", memberId, ct);
                if (await transaction.ScalarAsync<int>(count, parameters, ct) >= most)
                    return null;
                var site = await transaction.QuerySingleAsync<SiteRow>(sql, parameters, ct);
                await MemberStore.JoinAsync(transaction, site.SiteId, memberId, MemberRoles.Admin, ct);
                return site;
            },
            ct);
    }

    /// <summary>
    /// Changes a site. A null value is left unchanged, an empty key is removed. Returns null when user tokens would be
    /// required without a key.
    /// </summary>
    public async Task<SiteRow?> UpdateAsync(
        Guid siteId, string? name, string[]? allowedOrigins, bool? requireUserToken, string? userTokenKey, CancellationToken ct)
    {
        const string sql = $"""
            update access.site
            set name = coalesce(@name, name),
                allowed_origins = coalesce(@allowedOrigins, allowed_origins),
                require_user_token = coalesce(@requireUserToken, require_user_token),
                user_token_key = nullif(coalesce(@userTokenKey, user_token_key), '')
            where site_id = @siteId
              and not (coalesce(@requireUserToken, require_user_token) and nullif(coalesce(@userTokenKey, user_token_key), '') is null)
            returning {SiteRow.Columns}
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        var parameters = new { siteId, name, allowedOrigins, requireUserToken, userTokenKey };
        return await connection.QuerySingleOrDefaultAsync<SiteRow>(sql, parameters, ct);
    }
}
