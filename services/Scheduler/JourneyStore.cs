using Npgsql;

namespace Journeys.Scheduling;

/// <summary>What the Scheduler knows of journeys and audiences: only what its sweeps and pauses need.</summary>
public static class JourneyStore
{
    /// <summary>Notes a move; older news than what is stored changes nothing. True when it was new.</summary>
    public static async Task<bool> ApplyStateAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int changeNo, string status, CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.journey as journey (site_id, journey_id, change_no, status)
            values (@siteId, @journeyId, @changeNo, @status)
            on conflict (site_id, journey_id) do update
            set change_no = excluded.change_no, status = excluded.status
            where journey.change_no < excluded.change_no
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, journeyId, changeNo, status }, ct) == 1;
    }

    /// <summary>Notes what a version says; that of the highest version counts.</summary>
    public static Task ApplyVersionAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int version, Guid? audienceId, bool autoEnroll, CancellationToken ct)
    {
        const string sql = """
            update scheduler.journey
            set version = @version, audience_id = @audienceId, auto_enroll = @autoEnroll
            where site_id = @siteId and journey_id = @journeyId and version < @version
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, version, audienceId, autoEnroll }, ct);
    }

    /// <summary>Whether the journey enrolls whoever matches its audience.</summary>
    public static async Task<bool> AutoEnrollsAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select exists (
                select from scheduler.journey
                where site_id = @siteId and journey_id = @journeyId and auto_enroll and audience_id is not null)
            """;
        return (await transaction.QueryAsync<bool>(sql, new { siteId, journeyId }, ct)).Single();
    }

    /// <summary>Notes an audience; older news than what is stored changes nothing.</summary>
    public static Task ApplyAudienceAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid audienceId, int revision, bool timeDependent, Guid[] uses, CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.audience as audience (site_id, audience_id, revision, time_dependent, uses)
            values (@siteId, @audienceId, @revision, @timeDependent, @uses)
            on conflict (site_id, audience_id) do update
            set revision = excluded.revision, time_dependent = excluded.time_dependent, uses = excluded.uses
            where audience.revision < excluded.revision
            """;
        return transaction.ExecuteAsync(sql, new { siteId, audienceId, revision, timeDependent, uses }, ct);
    }

    /// <summary>Published journeys with auto-enrollment that use an audience, also by way of other audiences.</summary>
    public static Task<IReadOnlyList<Guid>> ListSweptByAsync(NpgsqlTransaction transaction, Guid siteId, Guid audienceId, CancellationToken ct)
    {
        const string sql = """
            with recursive affected (audience_id) as (
                select @audienceId
                union
                select a.audience_id
                from affected
                join scheduler.audience a on a.site_id = @siteId and affected.audience_id = any(a.uses)
            )
            select journey_id
            from scheduler.journey
            where site_id = @siteId and status = 'PUBLISHED' and auto_enroll and audience_id in (select audience_id from affected)
            """;
        return transaction.QueryAsync<Guid>(sql, new { siteId, audienceId }, ct);
    }

    /// <summary>Published journeys with auto-enrollment whose audience depends on the passing of time and that are due for a sweep.</summary>
    public static Task<IReadOnlyList<(Guid SiteId, Guid JourneyId)>> TakeDueForSweepAsync(
        NpgsqlTransaction transaction, DateTimeOffset now, TimeSpan interval, CancellationToken ct)
    {
        const string sql = """
            with recursive dependent (site_id, audience_id) as (
                select site_id, audience_id from scheduler.audience where time_dependent
                union
                select a.site_id, a.audience_id
                from dependent
                join scheduler.audience a on a.site_id = dependent.site_id and dependent.audience_id = any(a.uses)
            )
            update scheduler.journey as journey
            set swept_at = @now
            where journey.status = 'PUBLISHED' and journey.auto_enroll
              and (journey.site_id, journey.audience_id) in (select site_id, audience_id from dependent)
              and (journey.swept_at is null or journey.swept_at <= @before)
              and not exists (
                  select from scheduler.job
                  where job.site_id = journey.site_id and job.journey_id = journey.journey_id
                    and job.kind = 'AUDIENCE_SWEEP' and job.status = 'RUNNING')
            returning journey.site_id, journey.journey_id
            """;
        return transaction.QueryAsync<(Guid, Guid)>(sql, new { now, before = now - interval }, ct);
    }

    /// <summary>How far this service has heard of journeys.</summary>
    public static async Task<ILookup<Guid, int>> ListChangeNosAsync(NpgsqlTransaction transaction, Guid[] siteIds, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = """
            select journey_id, change_no
            from scheduler.journey
            where (site_id, journey_id) in (select * from unnest(@siteIds, @journeyIds))
            """;
        var rows = await transaction.QueryAsync<(Guid JourneyId, int ChangeNo)>(sql, new { siteIds, journeyIds }, ct);
        return rows.ToLookup(row => row.JourneyId, row => row.ChangeNo);
    }

    /// <summary>How far this service has heard of the audiences that decide who belongs to journeys, also by way of other audiences.</summary>
    public static async Task<ILookup<Guid, (Guid AudienceId, int Revision)>> ListAudiencesAsync(
        NpgsqlTransaction transaction, Guid[] siteIds, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = """
            with recursive used (site_id, journey_id, audience_id) as (
                select site_id, journey_id, audience_id
                from scheduler.journey
                where (site_id, journey_id) in (select * from unnest(@siteIds, @journeyIds))
                union
                select used.site_id, used.journey_id, next.audience_id
                from used
                join scheduler.audience a on a.site_id = used.site_id and a.audience_id = used.audience_id
                cross join unnest(a.uses) as next (audience_id)
            )
            select used.journey_id, a.audience_id, a.revision
            from used
            join scheduler.audience a on a.site_id = used.site_id and a.audience_id = used.audience_id
            """;
        var rows = await transaction.QueryAsync<(Guid JourneyId, Guid AudienceId, int Revision)>(sql, new { siteIds, journeyIds }, ct);
        return rows.ToLookup(row => row.JourneyId, row => (row.AudienceId, row.Revision));
    }
}
