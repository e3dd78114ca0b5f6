using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Databases;
using Journeys.Copies;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>Reads how current the copies of Definition's data are.</summary>
public sealed class CopyQueries(NpgsqlDataSource source)
{
    /// <summary>
    /// Whether this service has applied at least the changes of a chunk's journey, audiences and site that the
    /// Scheduler knew, and none that are older by time: after a restore of Definition from a backup another change has
    /// the number of one that was lost. If the Scheduler was set back to a change, this service must have been set back
    /// to the same change.
    /// </summary>
    public static async Task<bool> HasHeardAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, CancellationToken ct)
    {
        const string sql = $"""
            select coalesce((select change_no from enrollment.site_halt where site_id = @siteId), 0) >= @siteChangeNo
               and not exists (
                   select from enrollment.site_halt as site
                   join enrollment.journey as j on j.site_id = site.site_id and j.journey_id = @journeyId
                   where site.site_id = @siteId and {SiteHaltStore.IsUnsettled})
               and coalesce((select change_no from enrollment.journey where site_id = @siteId and journey_id = @journeyId), 0) >= @changeNo
               and coalesce((select max(version) from enrollment.journey_version where site_id = @siteId and journey_id = @journeyId), 0) >= @version
               and not exists (
                   select from unnest(@audienceIds, @revisions, @times, @notBefores) as known (audience_id, revision, time, not_before)
                   left join enrollment.audience a on a.site_id = @siteId and a.audience_id = known.audience_id
                   where a.revision is null or a.revision < known.revision
                      or (known.not_before <> '' and a.changed_at < known.not_before::timestamptz)
                      or (known.time <> '' and (a.revision, a.changed_at) is distinct from (known.revision, known.time::timestamptz)))
               and (@notBefore = '' or not exists (
                   select from enrollment.journey
                   where site_id = @siteId and journey_id = @journeyId and moved_at < @notBefore::timestamptz))
               and (@siteNotBefore = '' or @siteChangeNo = 0 or not exists (
                   select from enrollment.site_halt where site_id = @siteId and changed_at < @siteNotBefore::timestamptz))
               and (@time = '' or exists (
                   select from enrollment.journey
                   where site_id = @siteId and journey_id = @journeyId and change_no = @changeNo and moved_at = @time::timestamptz))
               -- Each service lifts by itself, as number 0, what Definition does not know any more, if it knew of the halt.
               and (@siteTime = ''
                    or (@siteChangeNo = 0 and not exists (select from enrollment.site_halt where site_id = @siteId and halted))
                    or (@siteChangeNo <> 0 and exists (
                        select from enrollment.site_halt
                        where site_id = @siteId and change_no = @siteChangeNo and changed_at = @siteTime::timestamptz)))
            """;

        if (!Guid.TryParseExact(chunk.JourneyId, "D", out var journeyId))
            return true;
        return await transaction.ScalarAsync<bool>(
            sql,
            new
            {
                siteId = Guid.Parse(chunk.SiteId),
                journeyId,
                changeNo = chunk.ChangeNo,
                siteChangeNo = chunk.SiteChangeNo,
                version = chunk.Version,
                audienceIds = chunk.Audiences.Select(known => Guid.Parse(known.AudienceId)).ToArray(),
                revisions = chunk.Audiences.Select(known => known.Revision).ToArray(),
                times = chunk.Audiences.Select(known => TextOf(known.ChangeTime)).ToArray(),
                notBefores = chunk.Audiences.Select(known => TextOf(known.NotBeforeTime)).ToArray(),
                time = TextOf(chunk.ChangeTime),
                notBefore = TextOf(chunk.NotBeforeTime),
                siteNotBefore = TextOf(chunk.SiteNotBeforeTime),
                siteTime = TextOf(chunk.SiteChangeTime),
            },
            ct);
    }

    static string TextOf(Timestamp? time) => time is null ? "" : time.ToDateTime().ToString("O", CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns how current the copies of these journeys, audiences and halts are. Those that are missing here are left
    /// out.
    /// </summary>
    public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindKnownAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct)
    {
        // People are in old versions too, so the copy is current up to the highest version without a gap before it. A
        // halt counts as unknown if a journey does not follow it, for example because an older release has changed its
        // status since.
        const string sql = $"""
            with wanted as materialized (select site_id, id from unnest(@siteIds, @ids) as given (site_id, id))
            select wanted.site_id, wanted.id, journey.change_no as number,
                   (select count(*) from enrollment.journey_version version
                    where version.site_id = wanted.site_id and version.journey_id = wanted.id)::integer as version,
                   journey.moved_at as time, newest.published_at as version_time,
                   journey.distrust
            from wanted
            join enrollment.journey on journey.site_id = wanted.site_id and journey.journey_id = wanted.id
            left join enrollment.journey_version as newest
              on newest.site_id = journey.site_id and newest.journey_id = journey.journey_id and newest.version = journey.version
            union all
            select wanted.site_id, wanted.id, audience.revision, 0, audience.changed_at, null, null
            from wanted join enrollment.audience on audience.site_id = wanted.site_id and audience.audience_id = wanted.id
            union all
            select wanted.site_id, wanted.id,
                   site.change_no - (exists (select from enrollment.journey as j where j.site_id = site.site_id and {SiteHaltStore.IsUnsettled}))::integer, 0,
                   site.changed_at, null, null
            from wanted join enrollment.site_halt as site on site.site_id = wanted.site_id and site.site_id = wanted.id
            """;

        return KnownRows.FindAsync(source, sql, keys, ct);
    }

    /// <summary>Returns the published journeys, and the halted sites with the site's id twice.</summary>
    public async Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListKnownAsync(CancellationToken ct)
    {
        const string sql = $"""
            select site_id, journey_id from enrollment.journey where status in ({JourneyStore.Live})
            union all
            select site_id, site_id from enrollment.site_halt where halted
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, Guid)>(sql, new { }, ct);
    }
}
