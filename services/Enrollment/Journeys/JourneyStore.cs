using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>
/// Stores copies of Definition's data: journeys, versions, audiences. Halts of sites are in <see
/// cref="SiteHaltStore"/>.
/// </summary>
/// <remarks>
/// Reads outside a transaction use a connection pool of their own. They also happen in the middle of transactions, and
/// with a shared pool, transactions that hold all connections could wait for each other forever.
/// </remarks>
public sealed class JourneyStore(IOptions<PostgresOptions> options) : IAsyncDisposable
{
    /// <summary>SQL for a journey `j`: whether it is paused only because its site is halted.</summary>
    public const string IsHalted = $"coalesce(j.status = '{JourneyStatuses.Paused}' and j.halted_change_no = j.change_no, false)";

    internal const string Live = $"'{JourneyStatuses.Published}', '{JourneyStatuses.Paused}'";

    // Of two changes with the same number, as after a restore of Definition from a backup, the later one wins.
    const string IsNewer = "(journey.change_no, coalesce(journey.moved_at, '-infinity')) < (excluded.change_no, excluded.moved_at)";

    // The resume's policy for late people applies even if a later publication arrived first.
    const string IsNewestResume = $"""
        (excluded.resumed_at is not null and ({IsNewer} or excluded.resumed_at > coalesce(journey.resumed_at, '-infinity')))
        """;

    // The archived version of a change is applied even if the change arrives late.
    const string IsNews = $"""
        ({IsNewer} or {IsNewestResume}
         or (journey.archived_version < excluded.archived_version and (excluded.archived_version < journey.version or journey.status not in ({Live}))))
        """;

    const int Connections = 4;

    readonly NpgsqlDataSource source = options.Value.Open("journeys-enrollment-catalog", Connections);

    public ValueTask DisposeAsync() => source.DisposeAsync();

    /// <summary>
    /// Stores a status change. An older change than the stored one changes nothing, except that the versions it
    /// archives stay archived and the late policy of a newer resume applies.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="journey">The new state.</param>
    /// <param name="movedAt">The time of the change.</param>
    /// <param name="resumed">Whether the change was a resume.</param>
    /// <param name="policy">The resume's policy; null if late people catch up.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task ApplyStateAsync(
        NpgsqlTransaction transaction, JourneyRow journey, DateTimeOffset movedAt, bool resumed, PausePolicy? policy, DateTimeOffset? now,
        CancellationToken ct)
    {
        // A live version is not archived, even if the archiving was undone by a restore of Definition's database from a
        // backup.
        const string isLive = $"{IsNewer} and excluded.status in ({Live})";
        const string sql = $"""
            insert into enrollment.journey as journey (
                site_id, journey_id, change_no, moved_at, status_at, status, halted_change_no, version, paused_at, resumed_at, late,
                late_before, archived_version, archived_at)
            select @SiteId, @JourneyId, @ChangeNo, @movedAt, coalesce(@now, clock_timestamp()),
                   case when site.halts then '{JourneyStatuses.Paused}' else @Status end, case when site.halts then @ChangeNo end,
                   @Version, case when @Status = '{JourneyStatuses.Paused}' then @movedAt end, case when @resumed then @movedAt end,
                   @late, case when @late is not null then least(@movedAt, coalesce(@now, clock_timestamp())) - @lateAfter::interval end,
                   case when @Status = '{JourneyStatuses.Archived}' then @Version else 0 end,
                   case when @Status = '{JourneyStatuses.Archived}' then @movedAt end
            from (select @Status = '{JourneyStatuses.Published}'
                         and exists (select from enrollment.site_halt where site_id = @SiteId and halted) as halts) as site
            on conflict (site_id, journey_id) do update
            set change_no = greatest(journey.change_no, excluded.change_no),
                moved_at = case when {IsNewer} then excluded.moved_at else journey.moved_at end,
                status_at = case when {IsNewer} and journey.status <> excluded.status then excluded.status_at else journey.status_at end,
                status = case when {IsNewer} then excluded.status else journey.status end,
                halted_change_no = case when {IsNewer} then excluded.halted_change_no else journey.halted_change_no end,
                version = case when {IsNewer} then excluded.version else journey.version end,
                paused_at = case when not {IsNewer} then journey.paused_at
                                 when excluded.paused_at is not null then coalesce(journey.paused_at, excluded.paused_at) end,
                resumed_at = greatest(journey.resumed_at, excluded.resumed_at),
                late = case when {IsNewestResume} then excluded.late else journey.late end,
                late_before = case when {IsNewestResume} then excluded.late_before else journey.late_before end,
                archived_version = case when {isLive} then least(journey.archived_version, excluded.version - 1)
                                        else greatest(journey.archived_version, excluded.archived_version) end,
                emptied_version = case when {isLive} then least(journey.emptied_version, excluded.version - 1) else journey.emptied_version end,
                archived_at = greatest(journey.archived_at, excluded.archived_at)
            where {IsNews}
            """;
        return transaction.ExecuteAsync(
            sql,
            new
            {
                journey.SiteId,
                journey.JourneyId,
                journey.ChangeNo,
                journey.Status,
                journey.Version,
                movedAt,
                resumed,
                late = policy?.Late,
                lateAfter = policy?.LateAfter,
                now,
            },
            ct);
    }

    /// <summary>
    /// Stores pauses during which waits stopped; known ones stay unchanged. The caller has locked the journey exclusively.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey, which is stored.</param>
    /// <param name="pauses">The pauses.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task AddFrozenPausesAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, IReadOnlyList<FrozenPause> pauses, DateTimeOffset? now,
        CancellationToken ct)
    {
        const string sql = """
            with added as (
                insert into enrollment.frozen_pause (site_id, journey_id, paused_at, resumed_at, noted_at)
                select j.site_id, j.journey_id, given.paused_at, given.resumed_at,
                       greatest(coalesce(@now, clock_timestamp()), j.frozen_at + interval '1 microsecond')
                from enrollment.journey j
                cross join unnest(@pausedAts, @resumedAts) as given (paused_at, resumed_at)
                where j.site_id = @siteId and j.journey_id = @journeyId
                on conflict do nothing
                returning noted_at
            )
            update enrollment.journey
            set frozen_at = newest.noted_at
            from (select max(noted_at) as noted_at from added) as newest
            where site_id = @siteId and journey_id = @journeyId and newest.noted_at is not null
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, pausedAts = BeginsOf(pauses), resumedAts = EndsOf(pauses), now }, ct);
    }

    static DateTime[] BeginsOf(IEnumerable<FrozenPause> pauses) => [.. pauses.Select(pause => pause.From.UtcDateTime)];

    static DateTime[] EndsOf(IEnumerable<FrozenPause> pauses) => [.. pauses.Select(pause => pause.Until.UtcDateTime)];

    /// <summary>
    /// Whether a status change, and the version that it published, are applied already. Takes no locks.
    /// </summary>
    /// <param name="connection">The connection; it sees committed changes.</param>
    /// <param name="journey">The state after the change.</param>
    /// <param name="movedAt">The time of the change.</param>
    /// <param name="resumed">Whether the change was a resume.</param>
    /// <param name="pauses">The pauses during which waits stopped.</param>
    /// <param name="published">The version that it published, and the time; null for none.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task<bool> IsAppliedAsync(
        NpgsqlConnection connection, JourneyRow journey, DateTimeOffset movedAt, bool resumed, IReadOnlyList<FrozenPause> pauses,
        (int Version, DateTimeOffset At)? published, CancellationToken ct)
    {
        const string sql = $"""
            select exists (
                select from enrollment.journey as journey
                cross join (select @ChangeNo as change_no, @movedAt as moved_at, case when @resumed then @movedAt end as resumed_at,
                                   case when @Status = '{JourneyStatuses.Archived}' then @Version else 0 end as archived_version) as excluded
                where journey.site_id = @SiteId and journey.journey_id = @JourneyId and not {IsNews}
                  and not exists (
                      select from unnest(@resumedAts) as given (resumed_at)
                      where not exists (
                          select from enrollment.frozen_pause as pause
                          where pause.site_id = @SiteId and pause.journey_id = @JourneyId and pause.resumed_at = given.resumed_at))
                  and (@published::integer is null or exists (
                      select from enrollment.journey_version as known
                      where known.site_id = @SiteId and known.journey_id = @JourneyId and known.version = @published and known.published_at >= @publishedAt)))
            """;
        return connection.ScalarAsync<bool>(
            sql,
            new
            {
                journey.SiteId,
                journey.JourneyId,
                journey.ChangeNo,
                journey.Status,
                journey.Version,
                movedAt,
                resumed,
                resumedAts = EndsOf(pauses),
                published = published?.Version,
                publishedAt = published?.At,
            },
            ct);
    }

    /// <summary>
    /// Stores a version. Returns true if it replaced another one with the same number, which Definition reused after a
    /// restore from a backup.
    /// </summary>
    public static async Task<bool> AddVersionAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int version, byte[] body, DateTimeOffset publishedAt, CancellationToken ct)
    {
        const string sql = """
            with other as (
                select from enrollment.journey_version
                where site_id = @siteId and journey_id = @journeyId and version = @version
                  and (published_at < @publishedAt or (published_at is null and body <> @body))
            ),
            kept as (
                insert into enrollment.journey_version as known (site_id, journey_id, version, body, published_at)
                values (@siteId, @journeyId, @version, @body, @publishedAt)
                on conflict (site_id, journey_id, version) do update
                set body = excluded.body, published_at = excluded.published_at
                where coalesce(known.published_at, '-infinity') < excluded.published_at
            )
            update enrollment.journey
            set replaced = replaced + 1
            where site_id = @siteId and journey_id = @journeyId and exists (select from other)
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, journeyId, version, body, publishedAt }, ct) == 1;
    }

    /// <summary>Stores an audience. An older change than the stored one changes nothing.</summary>
    public static Task ApplyAudienceAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid audienceId, int revision, DateTimeOffset? changedAt, string name, byte[]? rule, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.audience as audience (site_id, audience_id, revision, changed_at, name, rule)
            values (@siteId, @audienceId, @revision, @changedAt, @name, @rule)
            on conflict (site_id, audience_id) do update
            set revision = excluded.revision, changed_at = excluded.changed_at, name = excluded.name, rule = excluded.rule
            where (audience.revision, coalesce(audience.changed_at, '-infinity')) < (excluded.revision, coalesce(excluded.changed_at, '-infinity'))
            """;
        return transaction.ExecuteAsync(sql, new { siteId, audienceId, revision, changedAt, name, rule }, ct);
    }

    /// <summary>Pauses a journey if its site is halted, and resumes it if the halt is over.</summary>
    /// <remarks>
    /// The caller has locked the journey exclusively, so that no enrollment in progress can commit after this.
    /// </remarks>
    public static Task SettleAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.journey as j
            set status = case when site.halted then '{JourneyStatuses.Paused}' when {IsHalted} then '{JourneyStatuses.Published}' else j.status end,
                resumed_at = case when not site.halted and {IsHalted} then greatest(j.resumed_at, site.changed_at) else j.resumed_at end,
                halted_change_no = case when site.halted then j.change_no end,
                status_at = coalesce(@now, clock_timestamp())
            from enrollment.site_halt as site
            where j.site_id = @siteId and j.journey_id = @journeyId and site.site_id = j.site_id and {SiteHaltStore.IsUnsettled}
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, now }, ct);
    }

    /// <summary>Makes every replica reload this site instead of using its cache.</summary>
    public static Task TouchCatalogAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.catalog as catalog (site_id, change_no)
            values (@siteId, 1)
            on conflict (site_id) do update set change_no = catalog.change_no + 1
            """;
        return transaction.ExecuteAsync(sql, new { siteId }, ct);
    }

    /// <summary>Returns the number of the site's newest change; 0 when there was none.</summary>
    public async Task<long> CatalogChangeNoAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = "select change_no from enrollment.catalog where site_id = @siteId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<long?>(sql, new { siteId }, ct) ?? 0;
    }

    /// <summary>Returns the states of the site's journeys.</summary>
    public async Task<IReadOnlyList<JourneyRow>> ListJourneysAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select j.site_id, j.journey_id, j.change_no, j.status, {IsHalted} as is_halted, j.version, j.replaced
            from enrollment.journey as j
            where j.site_id = @siteId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<JourneyRow>(sql, new { siteId }, ct);
    }

    /// <summary>Returns the site's audiences that are not deleted.</summary>
    public async Task<IReadOnlyList<AudienceRow>> ListAudiencesAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = """
            select audience_id, name, rule, revision, changed_at
            from enrollment.audience
            where site_id = @siteId and rule is not null
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<AudienceRow>(sql, new { siteId }, ct);
    }

    /// <summary>Returns one version; null when it has not arrived.</summary>
    public async Task<byte[]?> FindVersionAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        const string sql = """
            select body
            from enrollment.journey_version
            where site_id = @siteId and journey_id = @journeyId and version = @version
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<byte[]?>(sql, new { siteId, journeyId, version }, ct);
    }

    /// <summary>
    /// Resets the change number of one copy, and the version up to which a journey is archived, if it still has this
    /// number, so that changes are applied again. The id of a halt is its site's. Returns the name of a journey's
    /// distrust; null without one.
    /// </summary>
    public async Task<Guid?> DistrustAsync(Guid siteId, Guid id, int number, DateTimeOffset? at, CancellationToken ct)
    {
        const string sql = """
            with journeys as (
                     update enrollment.journey
                     set change_no = 0, moved_at = null, archived_version = 0, archived_at = null, emptied_version = 0,
                         distrust = gen_random_uuid()
                     where site_id = @siteId and journey_id = @id and change_no = @number
                       and moved_at is not distinct from @at::timestamptz
                     returning distrust),
                 audiences as (
                     update enrollment.audience set revision = 0
                     where site_id = @siteId and audience_id = @id and revision = @number
                       and changed_at is not distinct from @at::timestamptz)
            select distrust from journeys
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        if (id != siteId)
            return await connection.ScalarAsync<Guid?>(sql, new { siteId, id, number, at }, ct);
        await SiteHaltStore.DistrustAsync(connection, siteId, number, at, ct);
        return null;
    }

    /// <summary>Ends this distrust of a journey.</summary>
    public async Task TrustAsync(Guid siteId, Guid journeyId, Guid distrust, CancellationToken ct)
    {
        const string sql = """
            update enrollment.journey set distrust = null
            where site_id = @siteId and journey_id = @journeyId and distrust = @distrust
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { siteId, journeyId, distrust }, ct);
    }

    /// <summary>Returns published journeys that were resumed after a time.</summary>
    public async Task<IReadOnlyList<ResumedRow>> ListResumedAsync(DateTimeOffset since, CancellationToken ct)
    {
        const string sql = $"""
            select site_id, journey_id, resumed_at
            from enrollment.journey
            where status = '{JourneyStatuses.Published}' and resumed_at > @since
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ResumedRow>(sql, new { since }, ct);
    }

    /// <summary>Records that a journey is empty up to its archived version.</summary>
    public async Task NoteEmptyAsync(Guid siteId, Guid journeyId, int archivedVersion, CancellationToken ct)
    {
        const string sql = """
            update enrollment.journey
            set emptied_version = @archivedVersion
            where site_id = @siteId and journey_id = @journeyId and emptied_version < @archivedVersion
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { siteId, journeyId, archivedVersion }, ct);
    }
}
