using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Deliveries;

/// <summary>A link to set a new password, with its account.</summary>
public sealed record PasswordResetRow
{
    public Guid MemberId { get; init; }

    public string Email { get; init; } = "";

    /// <summary>Whether the link went to the account's own address.</summary>
    public bool Mailed { get; init; }
}

/// <summary>Reads and changes links to set a new password.</summary>
public sealed class PasswordResetStore(NpgsqlDataSource database)
{
    /// <summary>Stores a link for the account with this e-mail; false when there is no such account.</summary>
    public static async Task<bool> InsertAsync(
        NpgsqlTransaction transaction, string email, byte[] tokenHash, bool mailed, DateTimeOffset expiresAt, CancellationToken ct)
    {
        const string sql = """
            insert into access.password_reset (reset_id, member_id, token_hash, mailed, expires_at)
            select @resetId, member_id, @tokenHash, @mailed, @expiresAt
            from access.member
            where email = @email
            """;

        var parameters = new { resetId = Guid.CreateVersion7(), email, tokenHash, mailed, expiresAt };
        return await transaction.ExecuteAsync(sql, parameters, ct) > 0;
    }

    /// <summary>Returns whether a link was sent to this e-mail after a time.</summary>
    public static async Task<bool> IsSentSinceAsync(NpgsqlTransaction transaction, string email, DateTimeOffset since, CancellationToken ct)
    {
        const string sql = """
            select exists (
                select
                from access.password_reset as reset
                join access.member as member using (member_id)
                where member.email = @email and reset.mailed and reset.created_at > @since)
            """;

        return await transaction.ScalarAsync<bool>(sql, new { email, since }, ct);
    }

    /// <summary>Returns the account of a link; null when the link is not valid.</summary>
    public async Task<PasswordResetRow?> FindAsync(byte[] tokenHash, CancellationToken ct)
    {
        const string sql = """
            select reset.member_id, member.email, reset.mailed
            from access.password_reset as reset
            join access.member as member using (member_id)
            where reset.token_hash = @tokenHash and reset.expires_at > now()
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<PasswordResetRow>(sql, new { tokenHash }, ct);
    }

    /// <summary>Deletes all links of an account.</summary>
    public static Task DeleteOfAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = "delete from access.password_reset where member_id = @memberId";

        return transaction.ExecuteAsync(sql, new { memberId }, ct);
    }

    /// <summary>Deletes expired links.</summary>
    public async Task DeleteExpiredAsync(DateTimeOffset now, CancellationToken ct)
    {
        const string sql = "delete from access.password_reset where expires_at < @now";

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { now }, ct);
    }

    /// <summary>Deletes a link that is used, so that only one of two concurrent callers succeeds.</summary>
    public static async Task<bool> TakeAsync(NpgsqlTransaction transaction, byte[] tokenHash, CancellationToken ct)
    {
        const string sql = "delete from access.password_reset where token_hash = @tokenHash and expires_at > now()";

        return await transaction.ExecuteAsync(sql, new { tokenHash }, ct) > 0;
    }
}
