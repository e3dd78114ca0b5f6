using Dapper;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>Reads, creates and revokes keys.</summary>
public sealed class KeyStore(NpgsqlDataSource database)
{
    public async Task<IReadOnlyList<KeyRow>> ListAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = """
            select key_id, site_id, kind, name, prefix, key_hash, role, created_at, used_at, revoked_at
            from access.key
            where site_id = @siteId
            order by created_at desc, key_id desc
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<KeyRow>(new CommandDefinition(sql, new { siteId }, cancellationToken: ct))).AsList();
    }

    public async Task InsertAsync(KeyRow key, CancellationToken ct)
    {
        const string sql = """
            insert into access.key (key_id, site_id, kind, name, prefix, key_hash, role, created_at)
            values (@KeyId, @SiteId, @Kind, @Name, @Prefix, @KeyHash, @Role, @CreatedAt)
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(sql, key, cancellationToken: ct));
    }

    /// <summary>Revokes a key; false when the site has no such key.</summary>
    public async Task<bool> RevokeAsync(Guid siteId, Guid keyId, CancellationToken ct)
    {
        const string sql = """
            update access.key
            set revoked_at = coalesce(revoked_at, now())
            where site_id = @siteId and key_id = @keyId
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(new CommandDefinition(sql, new { siteId, keyId }, cancellationToken: ct)) > 0;
    }
}
