using Dapper;
using Npgsql;

namespace Journeys.Access.Accounts;

/// <summary>Changes accounts: what belongs to a person and to no site. The caller owns the transaction of a change.</summary>
public sealed class AccountStore
{
    /// <summary>Creates an account; false when the e-mail has one.</summary>
    public async Task<bool> InsertAsync(
        NpgsqlTransaction transaction, Guid memberId, string email, string name, string? passwordHash, bool proven, CancellationToken ct)
    {
        const string sql = """
            insert into access.member (member_id, email, name, password_hash, email_proven_at)
            values (@memberId, @email, @name, @passwordHash, case when @proven then now() end)
            on conflict (email) do nothing
            """;

        return await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(sql, new { memberId, email, name, passwordHash, proven }, transaction, cancellationToken: ct)) > 0;
    }

    /// <summary>Locks the account, so that sign-ins and changes of what they take come one after another; returns the hash of its password.</summary>
    public static async Task<string?> LockAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "select password_hash from access.member where member_id = @memberId for no key update";

        return await transaction.Connection!.QuerySingleOrDefaultAsync<string>(
            new CommandDefinition(sql, new { memberId }, transaction, cancellationToken: ct));
    }

    /// <summary>Writes down that mail to the account's address reaches its owner.</summary>
    public async Task ProveEmailAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "update access.member set email_proven_at = coalesce(email_proven_at, now()) where member_id = @memberId";

        await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { memberId }, transaction, cancellationToken: ct));
    }

    /// <summary>Renames the account. Sites that call the member by the old name follow, those with a name of their own do not.</summary>
    public async Task RenameAsync(NpgsqlTransaction transaction, Guid memberId, string name, CancellationToken ct)
    {
        const string sql = """
            with account as (
                select member_id, name from access.member where member_id = @memberId for update
            ), memberships as (
                update access.membership as membership
                set name = @name
                from account
                where membership.member_id = account.member_id and membership.name = account.name
            )
            update access.member as member
            set name = @name
            from account
            where member.member_id = account.member_id
            """;

        await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { memberId, name }, transaction, cancellationToken: ct));
    }

    /// <summary>Sets the password, ends the sessions but one, and makes links to set a password worthless.</summary>
    public async Task SetPasswordAsync(
        NpgsqlTransaction transaction, Guid memberId, string passwordHash, Guid? keptSession, CancellationToken ct)
    {
        const string sql = """
            update access.member set password_hash = @passwordHash where member_id = @memberId;
            delete from access.session where member_id = @memberId and session_id is distinct from @keptSession;
            delete from access.password_reset where member_id = @memberId
            """;

        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(sql, new { memberId, passwordHash, keptSession }, transaction, cancellationToken: ct));
    }
}
