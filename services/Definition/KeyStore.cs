using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Npgsql;

namespace Journeys.Definitions;

/// <summary>Reads the keys of journeys and audiences.</summary>
public sealed class KeyStore(NpgsqlDataSource source) : IKeyed
{
    public async Task<Guid?> FindAsync(Guid siteId, string what, string key, CancellationToken ct)
    {
        const string journey = "select journey_id from definition.journey where site_id = @siteId and key = @key";
        const string audience = "select audience_id from definition.audience where site_id = @siteId and key = @key";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<Guid?>(what == "journey" ? journey : audience, new { siteId, key }, ct);
    }

    /// <summary>Returns the keys of all journeys of a site. The transaction has taken the turn for journeys.</summary>
    public static Task<IReadOnlySet<string>> ListOfJourneysAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = "select key from definition.journey where site_id = @siteId";
        return ReadAsync(transaction, sql, siteId, ct);
    }

    /// <summary>
    /// Returns the keys of all audiences of a site. The transaction has taken the turn for audiences.
    /// </summary>
    public static Task<IReadOnlySet<string>> ListOfAudiencesAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = "select key from definition.audience where site_id = @siteId";
        return ReadAsync(transaction, sql, siteId, ct);
    }

    static async Task<IReadOnlySet<string>> ReadAsync(NpgsqlTransaction transaction, string sql, Guid siteId, CancellationToken ct) =>
        (await transaction.QueryAsync<string>(sql, new { siteId }, ct))
        .ToHashSet(StringComparer.Ordinal);
}
