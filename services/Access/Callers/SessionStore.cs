using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>Reads, creates and ends sessions.</summary>
public sealed class SessionStore(NpgsqlDataSource database)
{
    /// <summary>Creates a session, and deletes expired sessions of the same account.</summary>
    public static async Task InsertAsync(NpgsqlTransaction transaction, SessionRow session, CancellationToken ct)
    {
        const string sql = """
            with ended as (
                delete from access.session where member_id = @MemberId and expires_at < now()
            )
            insert into access.session (session_id, token_hash, member_id, expires_at)
            values (@SessionId, @TokenHash, @MemberId, @ExpiresAt)
            """;

        await transaction.ExecuteAsync(sql, session, ct);
    }

    public async Task<SessionRow?> FindAsync(Guid sessionId, CancellationToken ct)
    {
        const string sql = "select session_id, token_hash, member_id, expires_at from access.session where session_id = @sessionId";

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SessionRow>(sql, new { sessionId }, ct);
    }

    /// <summary>Ends all sessions of an account, except one.</summary>
    public static Task EndAsync(NpgsqlTransaction transaction, Guid memberId, Guid? keptSession, CancellationToken ct)
    {
        const string sql = "delete from access.session where member_id = @memberId and session_id is distinct from @keptSession";

        return transaction.ExecuteAsync(sql, new { memberId, keptSession }, ct);
    }

    /// <summary>Ends a session; returns its account, or null when the session had ended already.</summary>
    public static async Task<Guid?> DeleteAsync(NpgsqlTransaction transaction, Guid sessionId, CancellationToken ct)
    {
        const string sql = "delete from access.session where session_id = @sessionId returning member_id";

        return await transaction.QuerySingleOrDefaultAsync<Guid?>(sql, new { sessionId }, ct);
    }
}
