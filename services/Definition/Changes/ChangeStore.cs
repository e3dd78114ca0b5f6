using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Journeys;
using Npgsql;

namespace Journeys.Definitions.Changes;

/// <summary>
/// A move of a journey, the newest change of an audience, or the newest halt or resume of a site, as stored.
/// </summary>
public sealed record ChangeRow
{
    public Guid SiteId { get; init; }

    /// <summary>The id of the journey or audience; for a halt, the id of the site.</summary>
    public Guid Id { get; init; }

    /// <summary>One of <see cref="ChangeKinds"/>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The change number of a journey or a halt, or the revision of an audience.</summary>
    public int Number { get; init; }
    public int Version { get; init; }
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>
    /// When the newest version was published; null without a version, and in queries that do not need it.
    /// </summary>
    public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>For a publication, whether the journey is paused; for a halt, whether the site is halted.</summary>
    public bool Paused { get; init; }

    /// <summary>
    /// The policy of a resume, as <see cref="PausePolicy"/> stores it; null if everything was as by default.
    /// </summary>
    public string? Timers { get; init; }
    public string? Late { get; init; }
    public TimeSpan? LateAfter { get; init; }
    public int? ReleasePerSecond { get; init; }

    /// <summary>For a move, the last pauses during which waits stopped, in order: when each began and ended.</summary>
    public DateTime[] FrozenPauses { get; init; } = [];

    /// <summary>The name of an audience.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether the audience was deleted.</summary>
    public bool Deleted { get; init; }
}

/// <summary>Stores changes, for services that missed them, and whether Enrollment has acknowledged them.</summary>
public sealed class ChangeStore(NpgsqlDataSource source)
{
    // The last pauses up to a move during which waits stopped, the begin and the end of each.
    const string FrozenPausesOfMove = """
        array(
            select part.at
            from (
                select resume.paused_at, resume.moved_at
                from definition.move as resume
                where resume.site_id = move.site_id and resume.journey_id = move.journey_id and resume.change_no <= move.change_no
                  and resume.timers is not null and resume.paused_at < resume.moved_at
                order by resume.change_no desc
                limit 20) as pause
            cross join lateral unnest(array[pause.paused_at, pause.moved_at]) with ordinality as part (at, position)
            order by pause.moved_at, part.position)
        """;

    const string Moves = $"""
        select site_id, journey_id as id, kind, change_no as number, version, paused, moved_at as changed_at,
               timers, late, late_after, release_per_second,
               {FrozenPausesOfMove} as frozen_pauses, '' as name, false as deleted,
               coalesce(tried_at, moved_at) as told_at
        from definition.move
        """;

    const string Audiences = $"""
        select site_id, audience_id as id, '{ChangeKinds.Audience}' as kind, revision as number, 0 as version, false as paused, changed_at,
               {NoResume}, name, deleted,
               coalesce(tried_at, changed_at) as told_at
        from definition.audience_change
        """;

    const string Halts = $"""
        select site_id, site_id as id, '{ChangeKinds.SiteHalt}' as kind, change_no as number, 0 as version, halted as paused, changed_at,
               {NoResume}, '' as name, false as deleted,
               coalesce(tried_at, changed_at) as told_at
        from definition.site_halt
        """;

    const string NoResume = """
        null::text as timers, null::text as late, null::interval as late_after, null::integer as release_per_second,
        array[]::timestamptz[] as frozen_pauses
        """;

    const string HaltOf = """
        select site_id, change_no, halted, changed_by, reason, changed_at, acknowledged_at is not null as applied_everywhere
        from definition.site_halt
        where site_id = @siteId
        """;

    /// <summary>Refuses one more pause during which waits stop: Enrollment reads them with every person inside.</summary>
    /// <exception cref="Refused">Reason TOO_MANY_PAUSES.</exception>
    public static async Task RequireRoomToFreezeAsync(NpgsqlTransaction transaction, JourneyRow journey, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            select count(*)::integer from definition.move
            where site_id = @SiteId and journey_id = @JourneyId and timers is not null and moved_at > @since
            """;
        var given = new { journey.SiteId, journey.JourneyId, since = now.AddDays(-Limits.PauseDays) };
        if (await transaction.ScalarAsync<int>(sql, given, ct) >= Limits.FrozenPauses)
            throw new Refused("TOO_MANY_PAUSES", $"Waits of a journey stop at most {Limits.FrozenPauses:N0} times in {Limits.PauseDays} days.");
    }

    /// <summary>
    /// Stores a move in the transaction that makes it. Returns the last pauses during which waits stopped, in order: when
    /// each began and ended.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="journey">The journey after the move.</param>
    /// <param name="kind">One of <see cref="ChangeKinds"/>.</param>
    /// <param name="policy">The policy of a resume.</param>
    /// <param name="pausedAt">When the pause began that a resume ends.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<DateTime[]> AddMoveAsync(
        NpgsqlTransaction transaction, JourneyRow journey, string kind, PausePolicy? policy, DateTimeOffset? pausedAt, CancellationToken ct)
    {
        const string frozen = $"""
            select {FrozenPausesOfMove} from definition.move where site_id = @SiteId and journey_id = @JourneyId and change_no = @ChangeNo
            """;
        const string sql = """
            insert into definition.move (
                site_id, journey_id, change_no, kind, version, paused, moved_at, timers, late, late_after, release_per_second, paused_at)
            values (@SiteId, @JourneyId, @ChangeNo, @kind, @Version, @isPaused, @UpdatedAt, @timers, @late, @lateAfter, @releasePerSecond,
                    @pausedAt)
            """;
        await transaction.ExecuteAsync(
            sql,
            new
            {
                journey.SiteId,
                journey.JourneyId,
                journey.ChangeNo,
                kind,
                journey.Version,
                isPaused = journey.Status == JourneyStatuses.Paused,
                journey.UpdatedAt,
                timers = policy?.Timers,
                late = policy?.Late,
                lateAfter = policy?.LateAfter,
                releasePerSecond = policy?.ReleasePerSecond,
                pausedAt,
            },
            ct);
        return await transaction.QuerySingleAsync<DateTime[]>(frozen, new { journey.SiteId, journey.JourneyId, journey.ChangeNo }, ct);
    }

    /// <summary>Stores the newest change of an audience in the transaction that makes it.</summary>
    public static Task AddAudienceAsync(NpgsqlTransaction transaction, AudienceRow audience, bool deleted, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            insert into definition.audience_change (site_id, audience_id, revision, name, deleted, changed_at)
            values (@SiteId, @AudienceId, @Revision, @Name, @deleted, @now)
            on conflict (site_id, audience_id) do update
            set revision = excluded.revision, name = excluded.name, deleted = excluded.deleted, changed_at = excluded.changed_at,
                tried_at = null, acknowledged_at = null
            """;
        return transaction.ExecuteAsync(sql, new { audience.SiteId, audience.AudienceId, audience.Revision, audience.Name, deleted, now }, ct);
    }

    /// <summary>Stores a halt or a resume of a site in the transaction that makes it.</summary>
    public static Task AddHaltAsync(NpgsqlTransaction transaction, SiteHaltRow halt, CancellationToken ct)
    {
        const string sql = """
            insert into definition.site_halt (site_id, change_no, halted, changed_by, reason, changed_at)
            values (@SiteId, @ChangeNo, @Halted, @ChangedBy, @Reason, @ChangedAt)
            on conflict (site_id) do update
            set change_no = excluded.change_no, halted = excluded.halted, changed_by = excluded.changed_by, reason = excluded.reason,
                changed_at = excluded.changed_at, tried_at = null, acknowledged_at = null
            """;
        return transaction.ExecuteAsync(sql, halt, ct);
    }

    /// <summary>Returns whether a site is halted.</summary>
    public async Task<SiteHaltRow> ReadHaltAsync(Guid siteId, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SiteHaltRow>(HaltOf, new { siteId }, ct) ?? NeverHalted(siteId);
    }

    /// <summary>Returns whether a site is halted, as the transaction sees it.</summary>
    public static async Task<SiteHaltRow> ReadHaltAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct) =>
        await transaction.QuerySingleOrDefaultAsync<SiteHaltRow>(HaltOf, new { siteId }, ct) ?? NeverHalted(siteId);

    /// <summary>Records that Enrollment has acknowledged a change, or that sending it failed.</summary>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    public async Task NoteAsync(
        Guid siteId, Guid id, int number, bool acknowledged, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = """
            update definition.move
            set tried_at = coalesce(@now, now()), acknowledged_at = case when @acknowledged then coalesce(@now, now()) end
            where site_id = @siteId and journey_id = @id and change_no = @number and acknowledged_at is null;

            update definition.audience_change
            set tried_at = coalesce(@now, now()), acknowledged_at = case when @acknowledged then coalesce(@now, now()) end
            where site_id = @siteId and audience_id = @id and revision = @number and acknowledged_at is null;

            update definition.site_halt
            set tried_at = coalesce(@now, now()), acknowledged_at = case when @acknowledged then coalesce(@now, now()) end
            where site_id = @siteId and site_id = @id and change_no = @number and acknowledged_at is null
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { siteId, id, number, acknowledged, now }, ct);
    }

    /// <summary>
    /// Returns changes that Enrollment has not acknowledged and that were not sent for some time: halts, then
    /// audiences, then moves, those of each kind that have waited longest first.
    /// </summary>
    /// <param name="time">The time without sending.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="limit">The maximum of each kind.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<ChangeRow>> ListUnacknowledgedAsync(
        TimeSpan time, DateTimeOffset? now, int limit, CancellationToken ct)
    {
        // A send time in the future, made by a clock that was ahead, counts as not sent.
        const string isRecent = "between coalesce(@now, now()) - @time and coalesce(@now, now()) + interval '1 minute'";
        // Halts come first because they affect a whole site, and moves last because there may be many.
        const string sql = $"""
            select site_id, id, kind, number, version, paused, changed_at, timers, late, late_after, release_per_second,
                   frozen_pauses, name, deleted
            from (
                ({Halts} where acknowledged_at is null and coalesce(tried_at, changed_at) not {isRecent}
                 order by told_at limit @limit)
                union all
                ({Audiences} where acknowledged_at is null and coalesce(tried_at, changed_at) not {isRecent}
                 order by told_at limit @limit)
                union all
                ({Moves} where acknowledged_at is null and coalesce(tried_at, moved_at) not {isRecent}
                 order by told_at limit @limit)) as waiting
            order by case kind when '{ChangeKinds.SiteHalt}' then 1 when '{ChangeKinds.Audience}' then 2 else 3 end, told_at
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ChangeRow>(sql, new { time, now, limit }, ct);
    }

    /// <summary>
    /// Returns the newest change of each journey, audience and halt of all sites after a position, by site and id.
    /// </summary>
    public async Task<IReadOnlyList<ChangeRow>> ListNewestAsync(Guid afterSiteId, Guid afterId, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select site_id, id, kind, number, version, changed_at, published_at
            from (
                select journey.site_id, journey.journey_id as id, move.kind, move.change_no as number, move.version, move.moved_at as changed_at, newest.published_at
                from definition.journey
                left join definition.version as newest using (site_id, journey_id, version)
                join definition.move on move.site_id = journey.site_id and move.journey_id = journey.journey_id and move.change_no = journey.change_no
                union all
                select site_id, audience_id, '{ChangeKinds.Audience}', revision, 0, changed_at, null
                from definition.audience_change
                union all
                select site_id, site_id, '{ChangeKinds.SiteHalt}', change_no, 0, changed_at, null
                from definition.site_halt) as newest
            where (site_id, id) > (@afterSiteId, @afterId)
            order by site_id, id
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ChangeRow>(sql, new { afterSiteId, afterId, limit }, ct);
    }

    /// <summary>
    /// Returns the changes of one journey, audience or halt after a number, and publications after a version, oldest
    /// first.
    /// </summary>
    public async Task<IReadOnlyList<ChangeRow>> ListAsync(Guid siteId, Guid id, int afterNumber, int afterVersion, CancellationToken ct)
    {
        // A version that was published before moves were stored comes first, with the number 0, because everything else
        // is newer.
        const string sql = $"""
            select version.site_id, version.journey_id as id, '{ChangeKinds.Published}' as kind, 0 as number, version.version,
                   false as paused, version.published_at as changed_at, {NoResume}, '' as name, false as deleted,
                   version.published_at as told_at
            from definition.version
            where version.site_id = @siteId and version.journey_id = @id and version.version > @afterVersion
              and not exists (
                  select from definition.move
                  where move.site_id = version.site_id and move.journey_id = version.journey_id
                    and move.kind = '{ChangeKinds.Published}' and move.version = version.version)
            union all
            {Moves} where site_id = @siteId and journey_id = @id
              and (change_no > @afterNumber or (kind = '{ChangeKinds.Published}' and version > @afterVersion))
            union all
            {Audiences} where site_id = @siteId and audience_id = @id and revision > @afterNumber
            union all
            {Halts} where site_id = @siteId and site_id = @id and change_no > @afterNumber
            order by number, version
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ChangeRow>(sql, new { siteId, id, afterNumber, afterVersion }, ct);
    }

    static SiteHaltRow NeverHalted(Guid siteId) => new() { SiteId = siteId };
}
