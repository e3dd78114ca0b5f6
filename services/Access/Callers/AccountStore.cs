using Journeys.Access.Deliveries;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>Changes accounts: the data of a person that belongs to no site. The caller owns the transaction.</summary>
public static class AccountStore
{
    /// <summary>Creates an account; false when the e-mail has one already.</summary>
    public static async Task<bool> InsertAsync(
        NpgsqlTransaction transaction, Guid memberId, string email, string name, string? passwordHash, bool proven, CancellationToken ct)
    {
        const string sql = """
            insert into access.member (member_id, email, name, password_hash, email_proven_at)
            values (@memberId, @email, @name, @passwordHash, case when @proven then now() end)
            on conflict (email) do nothing
            """;

        return await transaction.ExecuteAsync(sql, new { memberId, email, name, passwordHash, proven }, ct) > 0;
    }

    /// <summary>
    /// Locks the account, which serializes sign-ins and changes of its credentials; returns the hash of its password.
    /// </summary>
    public static async Task<string?> LockAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "select password_hash from access.member where member_id = @memberId for no key update";

        return await transaction.QuerySingleOrDefaultAsync<string>(sql, new { memberId }, ct);
    }

    /// <summary>Locks the account with this e-mail; null when there is none.</summary>
    public static async Task<AccountByEmail?> LockAsync(NpgsqlTransaction transaction, string email, CancellationToken ct)
    {
        const string sql = """
            select member_id, email_proven_at is not null as is_proven
            from access.member
            where email = @email
            for update
            """;

        return await transaction.QuerySingleOrDefaultAsync<AccountByEmail>(sql, new { email }, ct);
    }

    /// <summary>Records that the account's owner reads the mail to its address.</summary>
    public static async Task ProveEmailAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "update access.member set email_proven_at = coalesce(email_proven_at, now()) where member_id = @memberId";

        await transaction.ExecuteAsync(sql, new { memberId }, ct);
    }

    public static Task RenameAsync(NpgsqlTransaction transaction, Guid memberId, string name, CancellationToken ct)
    {
        const string sql = "update access.member set name = @name where member_id = @memberId";

        return transaction.ExecuteAsync(sql, new { memberId, name }, ct);
    }

    /// <summary>Sets the password, ends all sessions except one, and deletes the links to set a password.</summary>
    public static async Task SetPasswordAsync(
        NpgsqlTransaction transaction, Guid memberId, string passwordHash, Guid? keptSession, CancellationToken ct)
    {
        const string sql = "update access.member set password_hash = @passwordHash where member_id = @memberId";

        await transaction.ExecuteAsync(sql, new { memberId, passwordHash }, ct);
        await SessionStore.EndAsync(transaction, memberId, keptSession, ct);
        await PasswordResetStore.DeleteOfAsync(transaction, memberId, ct);
    }

    /// <summary>
    /// Removes the password and the authenticator, which another person may have set, because the owner of the account
    /// is known now.
    /// </summary>
    public static async Task ClaimAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "update access.member set password_hash = null, email_proven_at = now() where member_id = @memberId";

        await transaction.ExecuteAsync(sql, new { memberId }, ct);
        await AuthenticatorStore.DeleteAsync(transaction, memberId, ct);
        await SessionStore.EndAsync(transaction, memberId, keptSession: null, ct);
        await PasswordResetStore.DeleteOfAsync(transaction, memberId, ct);
    }
}

/// <summary>An account found by its e-mail.</summary>
public sealed record AccountByEmail
{
    public Guid MemberId { get; init; }

    /// <summary>Whether the owner of the account is known to read the mail to its address.</summary>
    public bool IsProven { get; init; }
}
