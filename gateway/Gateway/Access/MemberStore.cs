using Dapper;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>Reads and changes members and their roles. The caller owns the transaction of a change.</summary>
public sealed class MemberStore(NpgsqlDataSource database)
{
    public async Task<IReadOnlyList<MemberRow>> ListAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = """
            select member.member_id, member.email, member.name, membership.role, membership.created_at
            from access.membership as membership
            join access.member as member using (member_id)
            where membership.site_id = @siteId
            order by member.email
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<MemberRow>(new CommandDefinition(sql, new { siteId }, cancellationToken: ct))).AsList();
    }

    public async Task<MemberRow?> FindAsync(Guid memberId, CancellationToken ct)
    {
        const string sql = "select member_id, email, name, created_at from access.member where member_id = @memberId";

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<MemberRow>(new CommandDefinition(sql, new { memberId }, cancellationToken: ct));
    }

    /// <summary>Locks the site's members, so that of two changes at once the second sees the first.</summary>
    public async Task<IReadOnlyList<MemberRow>> LockAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = """
            select member.member_id, member.email, member.name, membership.role, membership.created_at
            from access.membership as membership
            join access.member as member using (member_id)
            where membership.site_id = @siteId
            order by membership.member_id
            for update of membership
            """;

        return (await transaction.Connection!.QueryAsync<MemberRow>(new CommandDefinition(sql, new { siteId }, transaction, cancellationToken: ct))).AsList();
    }

    /// <summary>The member's id, new or known, by e-mail. A known one keeps name and password.</summary>
    public async Task<(Guid MemberId, bool Created)> EnsureAsync(
        NpgsqlTransaction transaction, string email, string name, string? passwordHash, CancellationToken ct)
    {
        const string sql = """
            with created as (
                insert into access.member (member_id, email, name, password_hash)
                values (@memberId, @email, @name, @passwordHash)
                on conflict (email) do nothing
                returning member_id
            )
            select member_id from created
            union all
            select member_id from access.member where email = @email
            limit 1
            """;

        var memberId = Guid.CreateVersion7();
        var found = await transaction.Connection!.QuerySingleAsync<Guid>(
            new CommandDefinition(sql, new { memberId, email, name, passwordHash }, transaction, cancellationToken: ct));
        return (found, found == memberId);
    }

    public async Task<bool> BelongsElsewhereAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, CancellationToken ct)
    {
        const string sql = "select exists (select from access.membership where member_id = @memberId and site_id <> @siteId)";

        return await transaction.Connection!.ExecuteScalarAsync<bool>(
            new CommandDefinition(sql, new { siteId, memberId }, transaction, cancellationToken: ct));
    }

    /// <summary>Adds a member to a site; false when it is one already.</summary>
    public async Task<bool> JoinAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, string role, CancellationToken ct)
    {
        const string sql = """
            insert into access.membership (site_id, member_id, role)
            values (@siteId, @memberId, @role)
            on conflict do nothing
            """;

        return await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(sql, new { siteId, memberId, role }, transaction, cancellationToken: ct)) > 0;
    }

    /// <summary>Changes a member; null leaves a value. A new password ends the sessions.</summary>
    public async Task UpdateAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid memberId, string? name, string? role, string? passwordHash, CancellationToken ct)
    {
        const string sql = """
            update access.member
            set name = coalesce(@name, name), password_hash = coalesce(@passwordHash, password_hash)
            where member_id = @memberId;
            update access.membership
            set role = coalesce(@role, role)
            where site_id = @siteId and member_id = @memberId;
            delete from access.session
            where member_id = @memberId and @passwordHash::text is not null
            """;

        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(sql, new { siteId, memberId, name, role, passwordHash }, transaction, cancellationToken: ct));
    }

    public async Task RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, CancellationToken ct)
    {
        const string sql = "delete from access.membership where site_id = @siteId and member_id = @memberId";

        await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { siteId, memberId }, transaction, cancellationToken: ct));
    }
}
