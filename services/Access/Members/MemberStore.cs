using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Members;

/// <summary>
/// Reads and changes the members of sites and their roles. The caller owns the transaction of a change.
/// </summary>
public sealed class MemberStore(NpgsqlDataSource database)
{
    /// <summary>Lists the members of a site and its invitations.</summary>
    public async Task<IReadOnlyList<MemberRow>> ListAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select member.member_id, member.email, membership.name, membership.role, '{MemberStates.Member}' as state, membership.created_at,
                   null::timestamptz as expires_at, null::timestamptz as sent_at
            from access.membership as membership
            join access.member as member using (member_id)
            where membership.site_id = @siteId
            union all
            select invitation_id, email, name, role, '{MemberStates.Invited}', created_at, expires_at, sent_at
            from access.invitation
            where site_id = @siteId
            order by email
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QueryAsync<MemberRow>(sql, new { siteId }, ct);
    }

    public async Task<MemberRow?> FindAsync(Guid memberId, CancellationToken ct)
    {
        const string sql = $"""
            select {MemberRow.Columns}, {AuthenticatorStore.HasAuthenticator} as has_authenticator
            from access.member as member
            where member_id = @memberId
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<MemberRow>(sql, new { memberId }, ct);
    }

    /// <summary>Locks the site's members, so that the second of two concurrent changes sees the first.</summary>
    public static async Task<IReadOnlyList<MemberRow>> LockAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select member.member_id, member.email, membership.name, membership.role, '{MemberStates.Member}' as state, membership.created_at
            from access.membership as membership
            join access.member as member using (member_id)
            where membership.site_id = @siteId
            order by membership.member_id
            for update of membership
            """;

        return await transaction.QueryAsync<MemberRow>(sql, new { siteId }, ct);
    }

    /// <summary>
    /// Adds an account to a site, under its own name. Returns false and changes nothing if the account is a member
    /// already.
    /// </summary>
    public static async Task<bool> JoinAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, string role, CancellationToken ct)
    {
        const string sql = """
            insert into access.membership (site_id, member_id, role, name)
            select @siteId, member_id, @role, name
            from access.member
            where member_id = @memberId
            on conflict do nothing
            """;

        return await transaction.ExecuteAsync(sql, new { siteId, memberId, role }, ct) > 0;
    }

    /// <summary>
    /// Renames a member on the sites where the member has the name of the account. Must be called before the account is
    /// renamed.
    /// </summary>
    public static Task RenameAsync(NpgsqlTransaction transaction, Guid memberId, string name, CancellationToken ct)
    {
        const string sql = """
            update access.membership as membership
            set name = @name
            from access.member as account
            where account.member_id = @memberId and membership.member_id = account.member_id and membership.name = account.name
            """;

        return transaction.ExecuteAsync(sql, new { memberId, name }, ct);
    }

    /// <summary>Changes the name or role of a member on one site; a null value is left unchanged.</summary>
    public static async Task UpdateAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, string? name, string? role, CancellationToken ct)
    {
        const string sql = """
            update access.membership
            set name = coalesce(@name, name), role = coalesce(@role, role)
            where site_id = @siteId and member_id = @memberId
            """;

        await transaction.ExecuteAsync(sql, new { siteId, memberId, name, role }, ct);
    }

    public static async Task RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, CancellationToken ct)
    {
        const string sql = "delete from access.membership where site_id = @siteId and member_id = @memberId";

        await transaction.ExecuteAsync(sql, new { siteId, memberId }, ct);
    }
}
