using Dapper;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Enrollments that are locked until the transaction ends.</summary>
/// <param name="Rows">The rows, in the order of their ids.</param>
/// <param name="At">The database's time after the last lock was acquired, so that it is later than everything the
/// previous holders did.</param>
public sealed record LockedRows(IReadOnlyList<EnrollmentRow> Rows, DateTimeOffset At)
{
    /// <summary>
    /// The number of the last change of the site's journeys and audiences; 0 if the enrollments are not of one person.
    /// </summary>
    public long ChangeNo { get; init; }
}

/// <summary>
/// Locks enrollments and reads them for moving, 1 or 500 in one round trip. Also reads what entering, merging and
/// archiving need.
/// </summary>
/// <remarks>
/// Rows are locked first and read by a second statement of the same round trip, which sees what the previous holders of
/// the locks committed: an enrollment that was stitched to a user in between is found under its new owner. Both
/// statements lock in the order of ids, which prevents deadlocks.
/// </remarks>
public static class EnrollmentStore
{
    /// <summary>
    /// The columns of an <see cref="EnrollmentRow"/>, from `e` (enrollment), `p` (profile) and `j` (journey, which may
    /// be missing).
    /// </summary>
    public const string Columns = $"""
        {ColumnsWithoutPerson},
        coalesce(p.user_id, '') as user_id, p.traits::text as traits, p.context::text as context, p.time_zone
        """;

    /// <summary>The <see cref="Columns"/> that are not the person's, from `e` and `j`.</summary>
    public const string ColumnsWithoutPerson = $"""
        e.site_id, e.enrollment_id, e.journey_id, e.version, e.profile_id, e.first_id, e.anonymous_id, e.attempt, e.status, e.source,
        e.node_id, e.visit_no, e.waiting_for, e.waiting_since, e.wake_at, e.data::text as data, e.entry::text as entry, e.steps_done, e.outcome, e.stop_reason,
        e.goal_at, e.merged_into_id, e.entered_at, e.updated_at, e.ended_at, e.thawed_at, e.continued,
        case when e.version <= j.archived_version then '{JourneyStatuses.Archived}'
             else coalesce(j.status, '{JourneyStatuses.Draft}') end as journey_status,
        case when j.frozen_at is null then array[]::timestamptz[] else array(
            select part.at
            from enrollment.frozen_pause f
            cross join lateral unnest(array[f.noted_at, f.paused_at, f.resumed_at]) with ordinality as part (at, position)
            where f.site_id = e.site_id and f.journey_id = e.journey_id and f.resumed_at > e.entered_at
            order by f.paused_at, f.resumed_at, part.position) end as pauses,
        {JourneyStore.IsHalted} as is_halted, coalesce(j.replaced, 0) as replaced, j.late, j.late_before,
        exists (select from enrollment.held_signal h where h.site_id = e.site_id and h.enrollment_id = e.enrollment_id) as has_held,
        exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id) as is_set_aside
        """;

    const string LockRows = "select clock_timestamp(), count(*), 0::bigint" + From;
    const string From = " from (select from enrollment.enrollment e ";
    const string LastChange = "coalesce((select change_no from enrollment.catalog where site_id = @siteId), 0)";
    const string InOrder = " order by e.enrollment_id for update of e";

    // Takes the shared locks of the sites before the row locks, so that a change of another site does not wait for a
    // transaction that waits for a row of this one.
    const string InSites = $"""
         where (select bool_and(pg_advisory_xact_lock_shared({MoveQueries.LockClass}, key) is not null) from unnest(@moveKeys) as key)
        """;

    const string ThenReadRows = InOrder + ") as locked" + InSites + ";" + SelectRows;

    // Uses a left join, because an enrollment can end after its profile is gone, and must not block those behind it.
    const string ThenReadRowsToEnd = InOrder + ") as locked" + InSites + ";" + SelectAll + "left" + Person;

    const string SelectRows = SelectAll + Person;

    const string SelectAll = $"""
        select {Columns}
        from enrollment.enrollment e
        join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id

        """;

    const string Person = " join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id\n";

    /// <summary>Locks active enrollments by id.</summary>
    public static Task<LockedRows> LockActiveAsync(
        NpgsqlTransaction transaction, Guid[] siteIds, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string rows = $"""
            join (select distinct site_id, enrollment_id from unnest(@siteIds, @enrollmentIds) as given (site_id, enrollment_id)) as wanted
              on wanted.site_id = e.site_id and wanted.enrollment_id = e.enrollment_id
            where e.status = '{EnrollmentStatuses.Active}'
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteIds, enrollmentIds, moveKeys = MoveQueries.KeysOf(siteIds) }, ct);
    }

    /// <summary>Locks active enrollments of one site to end them, including those whose profile is gone.</summary>
    public static Task<LockedRows> LockActiveToEndAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string rows = $"""
            where e.site_id = @siteId and e.enrollment_id = any(@enrollmentIds) and e.status = '{EnrollmentStatuses.Active}'
            """;
        const string sql = LockRows + rows + ThenReadRowsToEnd + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, enrollmentIds, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
    }

    /// <summary>
    /// Locks enrollments that were stopped by a call and are the latest attempts of their people.
    /// </summary>
    public static Task<LockedRows> LockStoppedAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string rows = $"""
            where e.site_id = @siteId and e.enrollment_id = any(@enrollmentIds) and e.is_latest
              and e.status = '{EnrollmentStatuses.Stopped}' and e.stop_reason = '{StopReasons.Api}'
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, enrollmentIds, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
    }

    /// <summary>Locks the active enrollments of one person, whose profile may be gone.</summary>
    public static Task<LockedRows> LockActiveOfPersonAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string rows = $"""
            where e.site_id = @siteId and e.profile_id = @profileId and e.status = '{EnrollmentStatuses.Active}'
            """;
        const string sql = "select clock_timestamp(), count(*), " + LastChange + From + rows + ThenReadRowsToEnd + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, profileId, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
    }

    /// <summary>Locks the latest attempts of each person in each journey, to merge two persons.</summary>
    public static Task<LockedRows> LockLatestOfPersonsAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, CancellationToken ct)
    {
        const string rows = """
            where e.site_id = @siteId and e.profile_id = any(@profileIds) and e.is_latest
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, profileIds, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
    }

    /// <summary>Locks the latest attempts of people in one journey, in any status.</summary>
    public static Task<LockedRows> LockLatestAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Guid[] profileIds, CancellationToken ct)
    {
        const string rows = """
            where e.site_id = @siteId and e.journey_id = @journeyId and e.profile_id = any(@profileIds) and e.is_latest
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, journeyId, profileIds, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
    }

    /// <summary>
    /// Returns the highest attempt number of each person in one journey. It may belong to an enrollment that was merged
    /// from a visitor.
    /// </summary>
    public static async Task<IReadOnlyDictionary<Guid, int>> LastAttemptsAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Guid[] profileIds, CancellationToken ct)
    {
        const string sql = """
            select profile_id, max(attempt)
            from enrollment.enrollment
            where site_id = @siteId and journey_id = @journeyId and profile_id = any(@profileIds)
            group by profile_id
            """;

        if (profileIds.Length == 0)
            return new Dictionary<Guid, int>();
        var rows = await transaction.QueryAsync<(Guid ProfileId, int Attempt)>(
            sql, new { siteId, journeyId, profileIds }, ct);
        return rows.ToDictionary(row => row.ProfileId, row => row.Attempt);
    }

    /// <summary>
    /// Locks the latest attempt of one person in one journey, found by user id or, without one, by anonymous id.
    /// </summary>
    public static async Task<LockedRows> LockLatestOfAsync(
        NpgsqlTransaction transaction, PersonKey person, Guid journeyId, CancellationToken ct)
    {
        const string rows = """
            where e.site_id = @SiteId and e.journey_id = @journeyId and e.is_latest
              and e.profile_id = case when @UserId <> ''
                  then (select profile_id from enrollment.profile where site_id = @SiteId and user_id = @UserId)
                  else (select profile_id from enrollment.visitor where site_id = @SiteId and anonymous_id = @AnonymousId) end
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        var moveKeys = MoveQueries.KeysOf([person.SiteId]);
        var locked = await QueryAsync(transaction, sql, new { person.SiteId, person.UserId, person.AnonymousId, journeyId, moveKeys }, ct);
        foreach (var row in locked.Rows)
            person.RequireProof(row.UserId);
        // A person without an enrollment in this journey may still be a known user. The lookup checks the proof of the
        // user.
        if (locked.Rows.Count == 0 && person.ProvenUser is not null)
            await ProfileStore.FindAsync(transaction.Connection!, person, ct);
        return locked;
    }

    /// <summary>
    /// Locks the latest attempts of people in journeys, except those that are locked already. Returns them with their
    /// positions in `wanted`.
    /// </summary>
    public static async Task<(LockedRows Locked, ILookup<Guid, int> Positions)> TryLockLatestAsync(
        NpgsqlTransaction transaction, IReadOnlyList<(PersonKey Person, Guid JourneyId)> wanted, CancellationToken ct)
    {
        const string rows = $"""
            select locked.enrollment_id, locked.site_id, locked.position, clock_timestamp()
            from (
                select e.enrollment_id, e.site_id, wanted.position::integer as position
                from (
                    select site_id, journey_id, position,
                           case when user_id <> ''
                               then (select profile_id from enrollment.profile p where p.site_id = asked.site_id and p.user_id = asked.user_id)
                               else (select profile_id from enrollment.visitor v where v.site_id = asked.site_id and v.anonymous_id = asked.anonymous_id)
                           end as profile_id
                    from unnest(@siteIds, @journeyIds, @userIds, @anonymousIds) with ordinality
                        as asked (site_id, journey_id, user_id, anonymous_id, position)) as wanted
                join enrollment.enrollment e
                  on e.site_id = wanted.site_id and e.journey_id = wanted.journey_id and e.profile_id = wanted.profile_id and e.is_latest
                order by e.enrollment_id
                for update of e skip locked) as locked
            {InSites}
            """;
        const string read = SelectRows + """
            join unnest(@siteIds, @enrollmentIds) as wanted (site_id, enrollment_id)
              on wanted.site_id = e.site_id and wanted.enrollment_id = e.enrollment_id
            order by e.enrollment_id
            """;

        var found = (await transaction.QueryAsync<(Guid EnrollmentId, Guid SiteId, int Position, DateTimeOffset At)>(
            rows,
            new
            {
                siteIds = wanted.Select(one => one.Person.SiteId).ToArray(),
                journeyIds = wanted.Select(one => one.JourneyId).ToArray(),
                userIds = wanted.Select(one => one.Person.UserId).ToArray(),
                anonymousIds = wanted.Select(one => one.Person.AnonymousId).ToArray(),
                moveKeys = MoveQueries.KeysOf([.. wanted.Select(one => one.Person.SiteId)]),
            },
            ct)).ToList();
        var ids = found.DistinctBy(one => one.EnrollmentId).ToList();
        var locked = ids.Count == 0 ? [] : await transaction.QueryAsync<EnrollmentRow>(
            read, new { siteIds = ids.Select(one => one.SiteId).ToArray(), enrollmentIds = ids.Select(one => one.EnrollmentId).ToArray() }, ct);
        var at = found.Select(one => one.At).DefaultIfEmpty().Max();
        return (new LockedRows(locked, at), found.ToLookup(one => one.EnrollmentId, one => one.Position - 1));
    }

    /// <summary>Locks active enrollments of one journey that are to be archived, at most `limit`.</summary>
    public static Task<LockedRows> LockArchivedOfJourneyAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        const string rows = $"""
            where e.status = '{EnrollmentStatuses.Active}' and e.site_id = @siteId and e.enrollment_id in (
                select inside.enrollment_id
                from enrollment.enrollment inside
                join enrollment.journey archived on archived.site_id = inside.site_id and archived.journey_id = inside.journey_id
                where inside.site_id = @siteId and inside.journey_id = @journeyId
                    and inside.status = '{EnrollmentStatuses.Active}'
                  and inside.version <= archived.archived_version
                order by inside.enrollment_id
                limit @limit)
            """;
        const string sql = LockRows + rows + ThenReadRowsToEnd + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, journeyId, limit, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
    }

    /// <summary>
    /// Locks active enrollments of one journey that are to be archived, except those that are locked already.
    /// </summary>
    public static async Task<LockedRows> TryLockArchivedOfJourneyAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        const string rows = $"""
            select locked.enrollment_id, clock_timestamp()
            from (
                select e.enrollment_id
                from enrollment.enrollment e
                join enrollment.journey archived on archived.site_id = e.site_id and archived.journey_id = e.journey_id
                where e.site_id = @siteId and e.journey_id = @journeyId and e.status = '{EnrollmentStatuses.Active}'
                  and e.version <= archived.archived_version
                order by e.enrollment_id
                limit @limit
                for update of e skip locked) as locked
            {InSites}
            """;
        const string read = SelectAll + "left" + Person + " where e.site_id = @siteId and e.enrollment_id = any(@enrollmentIds) order by e.enrollment_id";

        var found = await transaction.QueryAsync<(Guid EnrollmentId, DateTimeOffset At)>(
            rows, new { siteId, journeyId, limit, moveKeys = MoveQueries.KeysOf([siteId]) }, ct);
        var locked = found.Count == 0 ? [] : await transaction.QueryAsync<EnrollmentRow>(
            read, new { siteId, enrollmentIds = found.Select(one => one.EnrollmentId).ToArray() }, ct);
        return new LockedRows(locked, found.Select(one => one.At).DefaultIfEmpty().Max());
    }

    /// <summary>
    /// Whether the last content that an enrollment finished is at this node, with this outcome, and led to its present
    /// visit.
    /// </summary>
    public static async Task<bool> IsWhereReportLedAsync(
        NpgsqlTransaction transaction, EnrollmentRow row, string nodeId, string outcome, CancellationToken ct)
    {
        const string sql = """
            select finished.node_id = @nodeId and content.outcome = @outcome and present.cause = 'report:' || content.outcome
            from enrollment.content_outcome content
            join enrollment.visit finished
              on finished.site_id = content.site_id and finished.enrollment_id = content.enrollment_id and finished.visit_no = content.visit_no
            join enrollment.visit present
              on present.site_id = content.site_id and present.enrollment_id = content.enrollment_id and present.visit_no = @VisitNo
            where content.site_id = @SiteId and content.enrollment_id = @EnrollmentId
            order by content.visit_no desc
            limit 1
            """;

        return await transaction.ScalarAsync<bool?>(
            sql, new { row.SiteId, row.EnrollmentId, row.VisitNo, nodeId, outcome }, ct) ?? false;
    }

    /// <summary>
    /// Returns the data of enrollments merged into this one in which content of a node was finished after a time.
    /// </summary>
    public static async Task<IReadOnlyList<string>> ListMergedDataAsync(
        NpgsqlTransaction transaction, EnrollmentRow into, string nodeId, string outcome, int? visitNo, DateTimeOffset since, CancellationToken ct)
    {
        const string sql = """
            select merged.data::text
            from enrollment.enrollment merged
            join enrollment.content_outcome content
              on content.site_id = merged.site_id and content.enrollment_id = merged.enrollment_id
            join enrollment.visit finished
              on finished.site_id = content.site_id and finished.enrollment_id = content.enrollment_id
             and finished.visit_no = content.visit_no
            where merged.site_id = @SiteId and merged.profile_id = @ProfileId and merged.merged_into_id = @EnrollmentId
              and finished.node_id = @nodeId and content.outcome = @outcome and content.occurred_at > @since
              and (@visitNo is null or content.visit_no = @visitNo)
            """;

        return await transaction.QueryAsync<string>(
            sql, new { into.SiteId, into.ProfileId, into.EnrollmentId, nodeId, outcome, visitNo, since }, ct);
    }

    static async Task<LockedRows> QueryAsync(
        NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct)
    {
        await using var answers = await transaction.QueryMultipleAsync(sql, parameters, ct);
        var (at, _, changeNo) = await answers.ReadSingleAsync<(DateTimeOffset, long, long)>();
        return new LockedRows((await answers.ReadAsync<EnrollmentRow>()).AsList(), at) { ChangeNo = changeNo };
    }

    /// <summary>Counts the active enrollments that are still to be archived with their journey.</summary>
    public static Task<int> CountToArchiveAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            select count(*)::integer
            from enrollment.enrollment e
            join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
            where e.site_id = @siteId and e.journey_id = @journeyId and e.status = '{EnrollmentStatuses.Active}'
              and e.version <= j.archived_version
            """;
        return transaction.ScalarAsync<int>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Returns the last visit of an enrollment; null when it has none.</summary>
    public static async Task<VisitRow?> FindLastVisitAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = """
            select enrollment_id, visit_no, node_id, branch, cause, detail, entered_at
            from enrollment.visit
            where site_id = @siteId and enrollment_id = @enrollmentId
            order by visit_no desc
            limit 1
            """;
        return await transaction.QuerySingleOrDefaultAsync<VisitRow>(sql, new { siteId, enrollmentId }, ct);
    }
}
