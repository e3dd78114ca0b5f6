using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>A resumed journey and how many of its parked timers may be sent now.</summary>
public sealed record Release(Guid SiteId, Guid JourneyId, int Allowance);

/// <summary>
/// Stores what sweeps and pauses need of journeys, and when each was last swept and released. Audiences are in
/// <see cref="AudienceStore"/>, halts of sites in <see cref="SiteHaltStore"/>.
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

    /// <summary>Stores how fast timers are released after a resume, unless a newer resume is known.</summary>
    public static Task NoteResumeAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, DateTimeOffset resumedAt, int? releasePerSecond, CancellationToken ct)
    {
        const string sql = """
            update scheduler.journey
            set resumed_at = @resumedAt, release_per_second = @releasePerSecond
            where site_id = @siteId and journey_id = @journeyId and coalesce(resumed_at, '-infinity') <= @resumedAt
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, resumedAt, releasePerSecond }, ct);
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

    /// <summary>Stores the time of the last sweep.</summary>
    public static Task NoteSweepAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = "update scheduler.journey set swept_at = coalesce(@now, now()) where site_id = @siteId and journey_id = @journeyId";
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, now }, ct);
    }

    /// <summary>
    /// Returns the numbers of the newest known move and version, 0 for none, the time of the move, and whether it was a
    /// correction.
    /// </summary>
    public static async Task<(int ChangeNo, int Version, DateTimeOffset? MovedAt, bool IsCorrection)> NewestAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select change_no, version, moved_at, correction is not null
            from scheduler.journey
            where site_id = @siteId and journey_id = @journeyId
            """;
        return (await transaction.QueryAsync<(int, int, DateTimeOffset?, bool)>(sql, new { siteId, journeyId }, ct)).SingleOrDefault();
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
    /// <param name="transaction">The transaction that releases them.</param>
    /// <param name="perSecond">The rate of journeys whose resume did not give one.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation.</param>
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
                select journey.site_id, journey.journey_id, rate.per_second, recent.is_recent,
                       case when recent.is_recent
                            then least(floor(rate.per_second * extract(epoch from clock.now - journey.released_at))::integer, rate.per_second)
                            else rate.per_second end as allowance
                from (select coalesce(@now, now()) as now) as clock
                cross join parked
                join scheduler.journey on journey.site_id = parked.site_id and journey.journey_id = parked.journey_id
                  and journey.status = '{JourneyStatuses.Published}'
                cross join lateral (select coalesce(journey.release_per_second, @perSecond) as per_second) as rate
                cross join lateral (
                    select coalesce(
                        journey.released_at between clock.now - interval '2 seconds' and clock.now + interval '1 minute', false) as is_recent
                ) as recent
                order by journey.released_at nulls first
                for update of journey skip locked
            )
            update scheduler.journey as journey
            set released_at = case
                    when allowed.allowance <= 0 then journey.released_at
                    -- The part of a person that is due counts for the next release.
                    when allowed.is_recent then greatest(
                        journey.released_at + make_interval(secs => allowed.allowance::float8 / allowed.per_second),
                        coalesce(@now, now()) - make_interval(secs => 1::float8 / allowed.per_second))
                    else coalesce(@now, now()) end
            from allowed
            where journey.site_id = allowed.site_id and journey.journey_id = allowed.journey_id
            returning journey.site_id, journey.journey_id, allowed.allowance
            """;
        return transaction.QueryAsync<Release>(sql, new { perSecond, now }, ct);
    }

    /// <summary>
    /// Resets the change number of the copy of a journey, if it still has this number and time, so that it is compared and
    /// changes are applied again. Returns the name of the distrust; null if there is none.
    /// </summary>
    public static Task<Guid?> DistrustAsync(
        NpgsqlConnection connection, Guid siteId, Guid journeyId, int changeNo, DateTimeOffset? at, CancellationToken ct)
    {
        const string sql = """
            update scheduler.journey
            set change_no = 0, moved_at = null, version = 0, published_at = null, correction = gen_random_uuid(),
                distrust = gen_random_uuid()
            where site_id = @siteId and journey_id = @journeyId and change_no = @changeNo
              and moved_at is not distinct from @at::timestamptz
            returning distrust
            """;
        return connection.ScalarAsync<Guid?>(sql, new { siteId, journeyId, changeNo, at }, ct);
    }

    /// <summary>Ends this distrust of a journey.</summary>
    public static Task TrustAsync(NpgsqlConnection connection, Guid siteId, Guid journeyId, Guid distrust, CancellationToken ct)
    {
        const string sql = """
            update scheduler.journey set distrust = null
            where site_id = @siteId and journey_id = @journeyId and distrust = @distrust
            """;
        return connection.ExecuteAsync(sql, new { siteId, journeyId, distrust }, ct);
    }
}
