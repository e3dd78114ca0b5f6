using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.TwoFactor;

/// <summary>Reads and changes authenticators and recovery codes. The caller owns the transaction.</summary>
public static class AuthenticatorStore
{
    /// <summary>An SQL condition: whether a row of access.member has two-factor authentication on.</summary>
    public const string HasAuthenticator =
        "exists (select from access.authenticator where member_id = member.member_id and confirmed_at is not null)";

    /// <summary>
    /// Creates an authenticator, or replaces the secret of an unconfirmed one; false when there is a confirmed one.
    /// </summary>
    public static async Task<bool> InsertAsync(NpgsqlTransaction transaction, Guid memberId, byte[] secret, CancellationToken ct)
    {
        const string sql = """
            insert into access.authenticator as old (member_id, secret)
            values (@memberId, @secret)
            on conflict (member_id) do update set secret = excluded.secret, created_at = now(), failures = 0, tried_at = null
            where old.confirmed_at is null
            """;

        return await transaction.ExecuteAsync(sql, new { memberId, secret }, ct) > 0;
    }

    /// <summary>
    /// Locks the authenticator, so that the second of two concurrent attempts sees the first. Ignores an authenticator
    /// that was left unconfirmed for an hour.
    /// </summary>
    public static async Task<AuthenticatorRow?> LockAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = """
            select secret, confirmed_at is not null as is_confirmed, used_step, failures,
                   coalesce(clock_timestamp() - tried_at, '1 day') as since_last_try
            from access.authenticator
            where member_id = @memberId and (confirmed_at is not null or created_at > now() - interval '1 hour')
            for update
            """;

        return await transaction.QuerySingleOrDefaultAsync<AuthenticatorRow>(sql, new { memberId }, ct);
    }

    /// <summary>
    /// Confirms the authenticator, so that it is required from now on, and stores its recovery codes.
    /// </summary>
    public static async Task ConfirmAsync(
        NpgsqlTransaction transaction, Guid memberId, long usedStep, byte[][] codeHashes, CancellationToken ct)
    {
        const string sql = """
            update access.authenticator set confirmed_at = now(), used_step = @usedStep, failures = 0 where member_id = @memberId;
            insert into access.recovery_code (member_id, code_hash) select @memberId, unnest(@codeHashes)
            """;

        await transaction.ExecuteAsync(sql, new { memberId, usedStep, codeHashes }, ct);
    }

    /// <summary>Records that a code was right.</summary>
    public static async Task SucceedAsync(NpgsqlTransaction transaction, Guid memberId, long usedStep, CancellationToken ct)
    {
        const string sql = "update access.authenticator set used_step = greatest(used_step, @usedStep), failures = 0 where member_id = @memberId";

        await transaction.ExecuteAsync(sql, new { memberId, usedStep }, ct);
    }

    /// <summary>Records that a code was wrong.</summary>
    public static async Task FailAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = """
            update access.authenticator
            set failures = least(failures, 1000) + 1, tried_at = clock_timestamp()
            where member_id = @memberId
            """;

        await transaction.ExecuteAsync(sql, new { memberId }, ct);
    }

    /// <summary>Deletes a recovery code that is used; false when there is no such code.</summary>
    public static async Task<bool> TakeRecoveryCodeAsync(NpgsqlTransaction transaction, Guid memberId, byte[] codeHash, CancellationToken ct)
    {
        const string sql = "delete from access.recovery_code where member_id = @memberId and code_hash = @codeHash";

        return await transaction.ExecuteAsync(sql, new { memberId, codeHash }, ct) > 0;
    }

    /// <summary>Deletes the authenticator and its recovery codes; false when there is none.</summary>
    public static async Task<bool> DeleteAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "delete from access.authenticator where member_id = @memberId";

        return await transaction.ExecuteAsync(sql, new { memberId }, ct) > 0;
    }
}
