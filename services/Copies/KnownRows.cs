using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Copies;

/// <summary>Reads the state of a service's copy. Each service has its own tables, so it supplies the query.</summary>
public static class KnownRows
{
    /// <summary>
    /// Returns the state of journeys, audiences and halts. Those that the query does not return are left out.
    /// </summary>
    /// <param name="source">The service's database.</param>
    /// <param name="sql">
    /// A query with the parallel parameters `@siteIds` and `@ids`. Columns: site, id, number, version, time, version
    /// time and distrust, as in <see cref="Known"/>.
    /// </param>
    /// <param name="keys">The ids of the journeys and audiences with their sites; the site's own id for its halt.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(
        NpgsqlDataSource source, string sql, IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct)
    {
        var (siteIds, ids) = (keys.Select(key => key.SiteId).ToArray(), keys.Select(key => key.Id).ToArray());
        var rows = await source.QueryAsync<
            (Guid SiteId, Guid Id, int Number, int Version, DateTimeOffset? Time, DateTimeOffset? VersionTime, Guid? Distrust)>(
            sql, new { siteIds, ids }, ct);
        return rows.ToDictionary(
            row => (row.SiteId, row.Id), row => new Known(row.Number, row.Version, row.Time, row.VersionTime, row.Distrust));
    }
}
