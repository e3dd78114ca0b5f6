using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Copies;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Reads how far the copies of journeys, audiences and halts are, for the comparison with Definition.</summary>
public sealed class CopyQueries(NpgsqlDataSource source)
{
    /// <summary>
    /// Returns how current the copies of these journeys, audiences and halts are. Those that are missing here are left
    /// out.
    /// </summary>
    public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(
        IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct)
    {
        // A halt counts as unknown if a journey does not follow it, for example because an older release has changed
        // its status since.
        const string sql = $"""
            with wanted as materialized (select site_id, id from unnest(@siteIds, @ids) as given (site_id, id))
            select wanted.site_id, wanted.id, journey.change_no as number, journey.version, journey.moved_at as time,
                   journey.published_at as version_time, journey.distrust
            from wanted join scheduler.journey on journey.site_id = wanted.site_id and journey.journey_id = wanted.id
            union all
            select wanted.site_id, wanted.id, audience.revision, 0, audience.changed_at, null, null
            from wanted join scheduler.audience on audience.site_id = wanted.site_id and audience.audience_id = wanted.id
            union all
            select wanted.site_id, wanted.id,
                   site.change_no - (exists (select from scheduler.journey as j where j.site_id = site.site_id and {SiteHaltStore.IsUnsettled}))::integer, 0,
                   site.changed_at, null, null
            from wanted join scheduler.site_halt as site on site.site_id = wanted.site_id and site.site_id = wanted.id
            """;

        return KnownRows.FindAsync(source, sql, keys, ct);
    }

    /// <summary>Returns the published journeys, and the halted sites with the site's id twice.</summary>
    public async Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct)
    {
        const string sql = $"""
            select site_id, journey_id from scheduler.journey where status in ('{JourneyStatuses.Published}', '{JourneyStatuses.Paused}')
            union all
            select site_id, site_id from scheduler.site_halt where halted
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, Guid)>(sql, new { }, ct);
    }
}
