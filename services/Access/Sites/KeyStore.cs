using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Sites;

/// <summary>Reads, creates and revokes keys.</summary>
public sealed class KeyStore(NpgsqlDataSource database)
{
    public async Task<IReadOnlyList<KeyRow>> ListAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select {KeyRow.Columns}
            from access.key
            where site_id = @siteId
            order by created_at desc, key_id desc
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QueryAsync<KeyRow>(sql, new { siteId }, ct);
    }

    /// <summary>
    /// Adds a key, and deletes all revoked keys but the last 200. Returns false when the site has its maximum number of
    /// keys.
    /// </summary>
    public Task<bool> InsertAsync(KeyRow key, int most, CancellationToken ct)
    {
        const string count = "select count(*)::integer from access.key where site_id = @SiteId and revoked_at is null";
        // Limits the list of keys, however often keys are created and revoked.
        const string sql = """
            insert into access.key (key_id, site_id, kind, name, prefix, key_hash, role, created_at)
            values (@KeyId, @SiteId, @Kind, @Name, @Prefix, @KeyHash, @Role, @CreatedAt);
            delete from access.key
            where key_id in (
                select key_id
                from access.key
                where site_id = @SiteId and revoked_at is not null
                order by revoked_at desc
                offset 200)
            """;

        return database.InTransactionAsync(
            async transaction =>
            {
                await Quota.TakeTurnAsync(transaction, "access.key", key.SiteId, ct);
                if (await transaction.ScalarAsync<int>(count, key, ct) >= most)
                    return false;
                await transaction.ExecuteAsync(sql, key, ct);
                return true;
            },
            ct);
    }

    /// <summary>Adds a key unless it exists already, on any site.</summary>
    public static Task<int> EnsureAsync(NpgsqlTransaction transaction, KeyRow key, CancellationToken ct)
    {
        const string sql = """
            insert into access.key (key_id, site_id, kind, name, prefix, key_hash, role)
            values (@KeyId, @SiteId, @Kind, @Name, @Prefix, @KeyHash, @Role)
            on conflict (key_hash) do nothing
            """;

        return transaction.ExecuteAsync(sql, key, ct);
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
        return await connection.ExecuteAsync(sql, new { siteId, keyId }, ct) > 0;
    }
}
