using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Copies;
using Npgsql;
using Proto = Journeys.Protos.Scheduler.V1;

namespace Journeys.Scheduling;

/// <summary>A resumed journey and how many of its parked timers may be sent now.</summary>
public sealed record Release(Guid SiteId, Guid JourneyId, int Allowance);

/// <summary>The work that is in progress for a journey.</summary>
public sealed record WorkRow
{
    public Guid JourneyId { get; init; }
    public bool Parked { get; init; }
    public DateTimeOffset? ReleasedAt { get; init; }
    public bool Releases { get; init; }
    public bool Archives { get; init; }

    /// <summary>Maps it to the contract.</summary>
    public Proto.ListJourneyWorkResponse.Types.Work ToProto() => new()
    {
        JourneyId = JourneyId.ToString(),
        Parked = Parked,
        ReleaseTime = ReleasedAt?.ToTimestamp(),
        Releases = Releases,
        Archives = Archives,
    };
}

/// <summary>
/// Stores what sweeps and pauses need of journeys and audiences. Halts of sites are in <see cref="SiteHaltStore"/>.
/// </summary>
public static class JourneyStore
{
    const string IsHalted = $"coalesce(j.status = '{JourneyStatuses.Paused}' and j.halted_change_no = j.change_no, false)";

    /// <summary>
    /// Stores a move. An older change than the stored one changes nothing. Returns true if it was new.
    /// </summary>
    /// <remarks>
    /// Of two changes with the same number, as after a restore of Definition from a backup, the later one wins. The
    /// same holds for versions and audiences.
    /// </remarks>
    public static async Task<bool> ApplyStateAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int changeNo, DateTimeOffset movedAt, string status, CancellationToken ct)
    {
        const string sql = $"""
            insert into scheduler.journey as journey (site_id, journey_id, change_no, moved_at, status, halted_change_no)
            select @siteId, @journeyId, @changeNo, @movedAt,
                   case when site.halts then '{JourneyStatuses.Paused}' else @status end, case when site.halts then @changeNo end
            from (select @status = '{JourneyStatuses.Published}'
                         and exists (select from scheduler.site_halt where site_id = @siteId and halted) as halts) as site
            on conflict (site_id, journey_id) do update
            set change_no = excluded.change_no, moved_at = excluded.moved_at, status = excluded.status,
                halted_change_no = excluded.halted_change_no, correction = case when journey.change_no = 0 then journey.correction end
            where (journey.change_no, coalesce(journey.moved_at, '-infinity')) < (excluded.change_no, excluded.moved_at)
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, journeyId, changeNo, movedAt, status }, ct) == 1;
    }

    /// <summary>
    /// Returns the correction that set a journey to this move, or brought this version back; null if it was no
    /// correction.
    /// </summary>
    public static Task<Guid?> FindCorrectionAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int changeNo, DateTimeOffset movedAt, bool isNewVersion, CancellationToken ct)
    {
        const string sql = """
            select correction
            from scheduler.journey
            where site_id = @siteId and journey_id = @journeyId and (@isNewVersion or (change_no = @changeNo and moved_at = @movedAt))
            """;
        return transaction.ScalarAsync<Guid?>(sql, new { siteId, journeyId, changeNo, movedAt, isNewVersion }, ct);
    }

    /// <summary>
    /// Returns the correction that set an audience to its newest change; null if it was no correction.
    /// </summary>
    public static Task<Guid?> FindAudienceCorrectionAsync(NpgsqlTransaction transaction, Guid siteId, Guid audienceId, CancellationToken ct)
    {
        const string sql = "select correction from scheduler.audience where site_id = @siteId and audience_id = @audienceId";
        return transaction.ScalarAsync<Guid?>(sql, new { siteId, audienceId }, ct);
    }

    /// <summary>Returns the site's journeys that are published and not halted.</summary>
    public static Task<IReadOnlyList<Guid>> ListPublishedAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = $"select journey_id from scheduler.journey where site_id = @siteId and status = '{JourneyStatuses.Published}' order by journey_id";
        return transaction.QueryAsync<Guid>(sql, new { siteId }, ct);
    }

    /// <summary>
    /// Locks a journey until the transaction ends. Returns false if another transaction has locked it.
    /// </summary>
    public static async Task<bool> TryLockAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = "select journey_id from scheduler.journey where site_id = @siteId and journey_id = @journeyId for update skip locked";
        return (await transaction.QueryAsync<Guid>(sql, new { siteId, journeyId }, ct)).Count == 1;
    }

    /// <summary>Pauses a journey if its site is halted, and resumes it if the halt is over.</summary>
    public static Task SettleAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            update scheduler.journey as j
            set status = case when site.halted then '{JourneyStatuses.Paused}' when {IsHalted} then '{JourneyStatuses.Published}' else j.status end,
                halted_change_no = case when site.halted then j.change_no end
            from scheduler.site_halt as site
            where j.site_id = @siteId and j.journey_id = @journeyId and site.site_id = j.site_id and {SiteHaltStore.IsUnsettled}
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Stores the settings of a version if no higher one is stored. Returns true if it was new.</summary>
    public static async Task<bool> ApplyVersionAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int version, DateTimeOffset publishedAt, Guid? audienceId, bool autoEnroll,
        CancellationToken ct)
    {
        const string sql = """
            update scheduler.journey
            set version = @version, published_at = @publishedAt, audience_id = @audienceId, auto_enroll = @autoEnroll
            where site_id = @siteId and journey_id = @journeyId
              and (version, coalesce(published_at, '-infinity')) < (@version, @publishedAt)
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, journeyId, version, publishedAt, audienceId, autoEnroll }, ct) == 1;
    }

    /// <summary>
    /// Stores an audience. An older change than the stored one changes nothing. Returns true if it was new.
    /// </summary>
    public static async Task<bool> ApplyAudienceAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid audienceId, int revision, DateTimeOffset? changedAt, bool timeDependent, Guid[] uses,
        CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.audience as audience (site_id, audience_id, revision, changed_at, time_dependent, uses)
            values (@siteId, @audienceId, @revision, @changedAt, @timeDependent, @uses)
            on conflict (site_id, audience_id) do update
            set revision = excluded.revision, changed_at = excluded.changed_at, time_dependent = excluded.time_dependent,
                uses = excluded.uses, correction = case when audience.revision = 0 then audience.correction end
            where (audience.revision, coalesce(audience.changed_at, '-infinity')) < (excluded.revision, coalesce(excluded.changed_at, '-infinity'))
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, audienceId, revision, changedAt, timeDependent, uses }, ct) == 1;
    }

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

    /// <summary>Stores the time of the last sweep.</summary>
    public static Task NoteSweepAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = "update scheduler.journey set swept_at = coalesce(@now, now()) where site_id = @siteId and journey_id = @journeyId";
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, now }, ct);
    }

    /// <summary>Returns the numbers of the newest known move and version; 0 for none.</summary>
    public static async Task<(int ChangeNo, int Version)> NewestAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = "select change_no, version from scheduler.journey where site_id = @siteId and journey_id = @journeyId";
        return (await transaction.QueryAsync<(int, int)>(sql, new { siteId, journeyId }, ct)).SingleOrDefault();
    }

    /// <summary>
    /// Returns the known ones of the journey's audience and of the audiences that it names, directly or indirectly.
    /// </summary>
    public static Task<IReadOnlyList<(Guid AudienceId, int Revision)>> ListAudiencesAsync(
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
            select a.audience_id, a.revision
            from needed
            join scheduler.audience a on a.site_id = @siteId and a.audience_id = needed.audience_id
            """;
        return transaction.QueryAsync<(Guid, int)>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Returns the work in progress for journeys. Unknown journeys are left out.</summary>
    public static async Task<IReadOnlyList<WorkRow>> ListWorkAsync(NpgsqlDataSource source, Guid siteId, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = $"""
            select journey_id, released_at,
                   exists (
                       select from scheduler.parked_timer parked
                       where parked.site_id = journey.site_id and parked.journey_id = journey.journey_id and {TimerStore.Readable}) as parked,
                   exists (
                       select from scheduler.job
                       where job.site_id = journey.site_id and job.journey_id = journey.journey_id
                         and job.status = '{JobStatuses.Running}' and kind = '{JobKinds.Release}') as releases,
                   exists (
                       select from scheduler.job
                       where job.site_id = journey.site_id and job.journey_id = journey.journey_id
                         and job.status = '{JobStatuses.Running}' and kind = '{JobKinds.Archive}') as archives
            from scheduler.journey
            where site_id = @siteId and journey_id = any(@journeyIds)
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<WorkRow>(sql, new { siteId, journeyIds }, ct);
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
    /// Claims published journeys with auto-enrollment whose audience depends on the passing of time and that are due
    /// for a sweep.
    /// </summary>
    public static Task<IReadOnlyList<(Guid SiteId, Guid JourneyId)>> TakeDueForSweepAsync(
        NpgsqlTransaction transaction, DateTimeOffset? now, TimeSpan interval, CancellationToken ct)
    {
        // A last sweep in the future, recorded by a clock that was ahead, counts as none.
        const string sql = $"""
            with recursive dependent (site_id, audience_id) as (
                select site_id, audience_id from scheduler.audience where time_dependent
                union
                select a.site_id, a.audience_id
                from dependent
                join scheduler.audience a on a.site_id = dependent.site_id and a.uses @> array[dependent.audience_id]
            )
            update scheduler.journey as journey
            set swept_at = coalesce(@now, now())
            where journey.status = '{JourneyStatuses.Published}' and journey.auto_enroll
              and (journey.site_id, journey.audience_id) in (select site_id, audience_id from dependent)
              and (journey.swept_at > coalesce(@now, now()) - @interval and journey.swept_at <= coalesce(@now, now()) + interval '1 minute') is not true
              and not exists (
                  select from scheduler.job
                  where job.site_id = journey.site_id and job.journey_id = journey.journey_id
                    and job.kind = '{JobKinds.AudienceSweep}' and job.status = '{JobStatuses.Running}')
            returning journey.site_id, journey.journey_id
            """;
        return transaction.QueryAsync<(Guid, Guid)>(sql, new { now, interval }, ct);
    }

    /// <summary>
    /// Claims published journeys that have parked timers, and computes how many timers each may release now: as many as
    /// the time since its last release allows, at most one second's worth, and possibly none yet.
    /// </summary>
    public static Task<IReadOnlyList<Release>> TakeForReleaseAsync(NpgsqlTransaction transaction, int perSecond, DateTimeOffset? now, CancellationToken ct)
    {
        // A last release far in the past or in the future counts as none. Jumps from journey to journey in the index,
        // so that the cost depends on the number of journeys with parked timers, not on the number of timers.
        const string sql = $"""
            with recursive parked (site_id, journey_id) as (
                (select site_id, journey_id from scheduler.parked_timer where {TimerStore.Readable} order by site_id, journey_id limit 1)
                union all
                select next.site_id, next.journey_id
                from parked
                cross join lateral (
                    select timer.site_id, timer.journey_id
                    from scheduler.parked_timer timer
                    where (timer.site_id, timer.journey_id) > (parked.site_id, parked.journey_id) and {TimerStore.Readable}
                    order by timer.site_id, timer.journey_id
                    limit 1) as next
            ),
            allowed as materialized (
                select journey.site_id, journey.journey_id,
                       case
                           when journey.released_at between clock.now - interval '1 second' and clock.now + interval '1 minute'
                           then floor(@perSecond * extract(epoch from clock.now - journey.released_at))::integer
                           else @perSecond
                       end as allowance
                from (select coalesce(@now, now()) as now) as clock
                cross join parked
                join scheduler.journey on journey.site_id = parked.site_id and journey.journey_id = parked.journey_id
                  and journey.status = '{JourneyStatuses.Published}'
                order by journey.released_at nulls first
                for update of journey skip locked
            )
            update scheduler.journey as journey
            set released_at = case when allowed.allowance > 0 then coalesce(@now, now()) else journey.released_at end
            from allowed
            where journey.site_id = allowed.site_id and journey.journey_id = allowed.journey_id
            returning journey.site_id, journey.journey_id, allowed.allowance
            """;
        return transaction.QueryAsync<Release>(sql, new { perSecond, now }, ct);
    }

    /// <summary>
    /// Returns how current the copies of these journeys, audiences and halts are. Those that are missing here are left
    /// out.
    /// </summary>
    public static Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindKnownAsync(
        NpgsqlDataSource source, IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct)
    {
        // A halt counts as unknown if a journey does not follow it, for example because an older release has changed
        // its status since.
        const string sql = $"""
            with wanted as materialized (select site_id, id from unnest(@siteIds, @ids) as given (site_id, id))
            select wanted.site_id, wanted.id, journey.change_no as number, journey.version, journey.moved_at as time, journey.published_at as version_time
            from wanted join scheduler.journey on journey.site_id = wanted.site_id and journey.journey_id = wanted.id
            union all
            select wanted.site_id, wanted.id, audience.revision, 0, audience.changed_at, null
            from wanted join scheduler.audience on audience.site_id = wanted.site_id and audience.audience_id = wanted.id
            union all
            select wanted.site_id, wanted.id,
                   site.change_no - (exists (select from scheduler.journey as j where j.site_id = site.site_id and {SiteHaltStore.IsUnsettled}))::integer, 0,
                   site.changed_at, null
            from wanted join scheduler.site_halt as site on site.site_id = wanted.site_id and site.site_id = wanted.id
            """;

        return KnownRows.FindAsync(source, sql, keys, ct);
    }

    /// <summary>Returns the published journeys, and the halted sites with the site's id twice.</summary>
    public static async Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListKnownAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        const string sql = $"""
            select site_id, journey_id from scheduler.journey where status in ('{JourneyStatuses.Published}', '{JourneyStatuses.Paused}')
            union all
            select site_id, site_id from scheduler.site_halt where halted
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, Guid)>(sql, new { }, ct);
    }

    /// <summary>
    /// Resets the change number of one copy, if it still has this number, so that it is compared and changes are
    /// applied again. The id of a halt is its site's.
    /// </summary>
    public static async Task DistrustAsync(NpgsqlDataSource source, Guid siteId, Guid id, int number, CancellationToken ct)
    {
        const string sql = """
            with journeys as (
                     update scheduler.journey set change_no = 0, moved_at = null, version = 0, published_at = null, correction = gen_random_uuid()
                     where site_id = @siteId and journey_id = @id and change_no = @number)
            update scheduler.audience set revision = 0, correction = gen_random_uuid()
            where site_id = @siteId and audience_id = @id and revision = @number
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        if (id == siteId)
            await SiteHaltStore.DistrustAsync(connection, siteId, number, ct);
        else
            await connection.ExecuteAsync(sql, new { siteId, id, number }, ct);
    }
}
