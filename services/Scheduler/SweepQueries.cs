using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Reads which journeys are swept, and which audiences a sweep needs.</summary>
public static class SweepQueries
{
    /// <summary>Whether the journey is published and enrolls everybody who matches its audience.</summary>
    public static async Task<bool> IsSweptAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            select journey_id
            from scheduler.journey
            where site_id = @siteId and journey_id = @journeyId and status = '{JourneyStatuses.Published}'
              and auto_enroll and audience_id is not null
            """;
        return (await transaction.QueryAsync<Guid>(sql, new { siteId, journeyId }, ct)).Count == 1;
    }

    /// <summary>
    /// Returns published journeys with auto-enrollment whose audience is this one or names it, directly or indirectly.
    /// </summary>
    public static Task<IReadOnlyList<Guid>> ListSweptByAsync(NpgsqlTransaction transaction, Guid siteId, Guid audienceId, CancellationToken ct)
    {
        const string sql = $"""
            with recursive affected (audience_id) as (
                select @audienceId
                union
                select a.audience_id
                from affected
                join scheduler.audience a on a.site_id = @siteId and a.uses @> array[affected.audience_id]
            )
            select journey_id
            from scheduler.journey
            where site_id = @siteId and status = '{JourneyStatuses.Published}' and auto_enroll
              and audience_id in (select audience_id from affected)
            """;
        return transaction.QueryAsync<Guid>(sql, new { siteId, audienceId }, ct);
    }

    /// <summary>
    /// Returns the known ones of the journey's audience and of the audiences that it names, directly or indirectly, each
    /// with the time of its newest change and whether that was a correction.
    /// </summary>
    public static Task<IReadOnlyList<(Guid AudienceId, int Revision, DateTimeOffset? ChangedAt, bool IsCorrection)>> ListAudiencesAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            with recursive needed (audience_id) as (
                select audience_id from scheduler.journey where site_id = @siteId and journey_id = @journeyId
                union
                select unnest(a.uses)
                from needed
                join scheduler.audience a on a.site_id = @siteId and a.audience_id = needed.audience_id
            )
            select a.audience_id, a.revision, a.changed_at, a.correction is not null
            from needed
            join scheduler.audience a on a.site_id = @siteId and a.audience_id = needed.audience_id
            """;
        return transaction.QueryAsync<(Guid, int, DateTimeOffset?, bool)>(sql, new { siteId, journeyId }, ct);
    }
}
