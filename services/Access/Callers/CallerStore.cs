using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>Finds the owners of keys, sessions and issuer identities.</summary>
public sealed class CallerStore(NpgsqlDataSource database)
{
    public async Task<KeyRow?> FindKeyAsync(byte[] hash, CancellationToken ct)
    {
        const string sql = $"""
            select {KeyRow.Columns}
            from access.key
            where key_hash = @hash
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<KeyRow>(sql, new { hash }, ct);
    }

    public async Task<SiteRow?> FindSiteAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select {SiteRow.Columns}
            from access.site
            where site_id = @siteId
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SiteRow>(sql, new { siteId }, ct);
    }

    public async Task<SessionRow?> FindSessionAsync(byte[] hash, CancellationToken ct)
    {
        const string sql = """
            select session_id, token_hash, member_id, expires_at
            from access.session
            where token_hash = @hash and expires_at > now()
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SessionRow>(sql, new { hash }, ct);
    }

    public async Task<MemberRow?> FindMemberAsync(string email, CancellationToken ct)
    {
        const string sql = $"""
            select {MemberRow.Columns}, {AuthenticatorStore.HasAuthenticator} as has_authenticator
            from access.member as member
            where email = @email
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<MemberRow>(sql, new { email }, ct);
    }

    public async Task<IdentityRow?> FindIdentityAsync(string issuer, string subject, CancellationToken ct)
    {
        const string sql = """
            select member_id, signed_in_at
            from access.identity
            where issuer = @issuer and subject = @subject
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<IdentityRow>(sql, new { issuer, subject }, ct);
    }

    /// <summary>Lists the memberships of a member, oldest first.</summary>
    public async Task<IReadOnlyList<MembershipRow>> ListMembershipsAsync(Guid memberId, CancellationToken ct)
    {
        const string sql = """
            select membership.site_id, membership.role, member.email
            from access.membership as membership
            join access.member as member using (member_id)
            where membership.member_id = @memberId
            order by membership.created_at, membership.site_id
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QueryAsync<MembershipRow>(sql, new { memberId }, ct);
    }

    /// <summary>Records when keys were last used, and which sites had their first event.</summary>
    public async Task RecordUseAsync(Guid[] keyIds, DateTimeOffset[] usedAt, Guid[] sitesWithEvents, CancellationToken ct)
    {
        const string sql = """
            with used as (
                update access.key as key
                set used_at = greatest(key.used_at, use.used_at)
                from unnest(@keyIds, @usedAt) as use (key_id, used_at)
                where key.key_id = use.key_id
            )
            update access.site
            set first_event_at = now()
            where site_id = any(@sitesWithEvents) and first_event_at is null
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        var parameters = new { keyIds, usedAt = usedAt.Select(time => time.UtcDateTime).ToArray(), sitesWithEvents };
        await connection.ExecuteAsync(sql, parameters, ct);
    }
}
