using Dapper;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>Reads, creates and ends sessions.</summary>
public sealed class SessionStore(NpgsqlDataSource database)
{
    /// <summary>Creates a session, and takes the chance to throw ended ones away.</summary>
    public async Task InsertAsync(Guid sessionId, byte[] tokenHash, Guid memberId, DateTimeOffset expiresAt, CancellationToken ct)
    {
        const string sql = """
            with ended as (
                delete from access.session where member_id = @memberId and expires_at < now()
            )
            insert into access.session (session_id, token_hash, member_id, expires_at)
            values (@sessionId, @tokenHash, @memberId, @expiresAt)
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(sql, new { sessionId, tokenHash, memberId, expiresAt }, cancellationToken: ct));
    }

    public async Task<SessionRow?> FindAsync(Guid sessionId, CancellationToken ct)
    {
        const string sql = "select session_id, member_id, expires_at from access.session where session_id = @sessionId";

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SessionRow>(new CommandDefinition(sql, new { sessionId }, cancellationToken: ct));
    }

    public async Task DeleteAsync(Guid sessionId, CancellationToken ct)
    {
        const string sql = "delete from access.session where session_id = @sessionId";

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(sql, new { sessionId }, cancellationToken: ct));
    }
}
