using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>An open transaction of the database.</summary>
public sealed record OpenTransaction(int Pid, DateTimeOffset StartedAt);

/// <summary>A person as a call finds them, read at one time and without a lock.</summary>
/// <param name="Profile">The person.</param>
/// <param name="IsErased">Whether one of the ids of the call was erased.</param>
/// <param name="IsJoined">Whether the visitor of the call, if there is one besides the user, was joined to a user.</param>
/// <param name="ChangeNo">The number of the last change of the site's journeys and audiences.</param>
/// <param name="Latest">The latest attempts, newest first, at most <see cref="EnrollmentQueries.MostOfPerson"/>.</param>
public sealed record FoundPerson(ProfileRow Profile, bool IsErased, bool IsJoined, long ChangeNo, IReadOnlyList<EnrollmentRow> Latest);

/// <summary>The filter of a listing; empty and 0 match all.</summary>
public sealed record EnrollmentFilter(Guid SiteId, Guid JourneyId, string[] Statuses, string NodeId, string UserId, int Version);

/// <summary>Reads enrollments for display. Takes no locks.</summary>
public sealed class EnrollmentQueries(NpgsqlDataSource source)
{
    /// <summary>The maximum number of enrollments that are read of one person.</summary>
    public const int MostOfPerson = 200;

    const string SelectRows = $"""
        select {EnrollmentStore.Columns}
        from enrollment.enrollment e
        join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id
        left join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id

        """;

    const string SelectVisits = """
        select visit.enrollment_id, visit.visit_no, visit.node_id, visit.branch, visit.cause, visit.detail, visit.notes, visit.entered_at, visit.shown_at,
               case when visit.shown_at is null then visit.not_shown else '' end as not_shown,
               coalesce(finished.outcome, '') as outcome, coalesce(response.answers::text, '') as answers
        from enrollment.visit
        left join enrollment.content_outcome finished
            on finished.site_id = visit.site_id and finished.enrollment_id = visit.enrollment_id and finished.visit_no = visit.visit_no
        left join enrollment.response
            on response.site_id = visit.site_id and response.enrollment_id = visit.enrollment_id and response.visit_no = visit.visit_no
        """;

    const string WhereFilter = """
        where e.site_id = @SiteId and e.journey_id = @JourneyId
          and (cardinality(@Statuses) = 0 or e.status = any(@Statuses))
          and (@NodeId = '' or e.node_id = @NodeId)
          and (@Version = 0 or e.version = @Version)
          and (@UserId = '' or e.profile_id = (select profile_id from enrollment.profile where site_id = @SiteId and user_id = @UserId))

        """;

    /// <summary>Returns a page of enrollments with ids before `before`, newest first.</summary>
    public async Task<IReadOnlyList<EnrollmentRow>> ListAsync(EnrollmentFilter filter, Guid? before, int limit, CancellationToken ct)
    {
        const string sql = SelectRows + WhereFilter + """
              and (@before is null or e.enrollment_id < @before)
            order by e.enrollment_id desc
            limit @limit
            """;
        return await source.QueryAsync<EnrollmentRow>(
            sql, new { filter.SiteId, filter.JourneyId, filter.Statuses, filter.NodeId, filter.UserId, filter.Version, before, limit }, ct);
    }

    /// <summary>Counts the enrollments that match a filter.</summary>
    public async Task<int> CountAsync(EnrollmentFilter filter, CancellationToken ct)
    {
        const string sql = "select count(*)::integer from enrollment.enrollment e\n" + WhereFilter;
        return (await source.QueryAsync<int>(sql, filter, ct))[0];
    }

    /// <summary>Returns one enrollment; null when the journey has none with this id.</summary>
    public async Task<EnrollmentRow?> FindAsync(Guid siteId, Guid journeyId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = SelectRows + "where e.site_id = @siteId and e.journey_id = @journeyId and e.enrollment_id = @enrollmentId";
        return (await source.QueryAsync<EnrollmentRow>(sql, new { siteId, journeyId, enrollmentId }, ct)).SingleOrDefault();
    }

    /// <summary>Returns the enrollments that still exist with these ids.</summary>
    public async Task<IReadOnlyList<EnrollmentRow>> ListByIdAsync(Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = SelectRows + "where e.site_id = @siteId and e.enrollment_id = any(@enrollmentIds)";
        return await source.QueryAsync<EnrollmentRow>(sql, new { siteId, enrollmentIds }, ct);
    }

    /// <summary>Returns the latest attempt of one person in one journey; null when there is none.</summary>
    public async Task<EnrollmentRow?> FindLatestAsync(Guid siteId, Guid journeyId, Guid profileId, CancellationToken ct)
    {
        const string sql = SelectRows + """
            where e.site_id = @siteId and e.journey_id = @journeyId and e.profile_id = @profileId and e.is_latest
            """;
        return (await source.QueryAsync<EnrollmentRow>(sql, new { siteId, journeyId, profileId }, ct)).SingleOrDefault();
    }

    /// <summary>
    /// Returns the latest attempts of one person, at most 200, newest first: active ones, and those that ended since a
    /// time.
    /// </summary>
    public async Task<IReadOnlyList<EnrollmentRow>> ListOfPersonAsync(
        Guid siteId, Guid profileId, DateTimeOffset endedSince, CancellationToken ct)
    {
        const string sql = SelectRows + """
            where e.site_id = @siteId and e.profile_id = @profileId and e.is_latest
              and (e.ended_at is null or e.ended_at >= @endedSince)
            order by e.enrollment_id desc
            limit @MostOfPerson
            """;
        return await source.QueryAsync<EnrollmentRow>(sql, new { siteId, profileId, endedSince, MostOfPerson }, ct);
    }

    /// <summary>
    /// Returns a known person with their latest attempts: active ones, and those that ended since a time; all of them
    /// if it is null. Returns null for an unknown person.
    /// </summary>
    /// <remarks>One statement, so that everything in the answer was true at the same time.</remarks>
    public async Task<FoundPerson?> FindPersonAsync(PersonKey person, DateTimeOffset? endedSince, CancellationToken ct)
    {
        // The person is found by a sub-query, so that the enrollments are too, through the index. With a join, a plan that
        // was cached while the tables were small reads all enrollments of the site.
        const string sql = $"""
            select {ProfileStore.Columns},
                   exists (
                       select from enrollment.erased_person erased
                       where erased.site_id = @SiteId and erased.id_hash = any(@hashes)) as is_erased,
                   @UserId = '' or @AnonymousId = '' or exists (
                       select from enrollment.visitor v
                       join enrollment.profile joined on joined.site_id = v.site_id and joined.profile_id = v.profile_id
                       where v.site_id = @SiteId and v.anonymous_id = @AnonymousId and joined.user_id is not null) as is_joined,
                   coalesce((select catalog.change_no from enrollment.catalog where catalog.site_id = @SiteId), 0) as change_no,
                   {EnrollmentStore.ColumnsWithoutPerson}
            from enrollment.profile p
            left join enrollment.enrollment e
              on e.site_id = p.site_id and e.profile_id = p.profile_id and e.is_latest
             and (e.ended_at is null or e.ended_at >= coalesce(@endedSince::timestamptz, '-infinity'))
            left join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
            where p.site_id = @SiteId
              and p.profile_id = case when @UserId <> ''
                  then (select profile_id from enrollment.profile where site_id = @SiteId and user_id = @UserId)
                  else (select profile_id from enrollment.visitor where site_id = @SiteId and anonymous_id = @AnonymousId) end
            order by e.enrollment_id desc
            limit @MostOfPerson
            """;

        var hashes = ErasedPersonStore.HashesOf(person);
        var rows = await source.QueryJoinedAsync<ProfileRow, FoundRow, EnrollmentRow>(
            sql, "is_erased,site_id", new { person.SiteId, person.UserId, person.AnonymousId, hashes, endedSince, MostOfPerson }, ct);
        if (rows.Count == 0)
            return null;

        var (profile, found, _) = rows[0];
        var latest = rows.Select(row => row.Third).OfType<EnrollmentRow>().Select(row => row with
        {
            UserId = profile.UserId,
            Traits = profile.Traits,
            Context = profile.Context,
            TimeZone = profile.TimeZone,
        });
        return new(profile, found.IsErased, found.IsJoined, found.ChangeNo, [.. latest]);
    }

    /// <summary>Returns the ids of a person's active enrollments.</summary>
    public Task<IReadOnlyList<Guid>> ListActiveIdsAsync(PersonKey person, CancellationToken ct)
    {
        const string sql = $"""
            select e.enrollment_id
            from enrollment.enrollment e
            where e.site_id = @SiteId and e.status = '{EnrollmentStatuses.Active}'
              and e.profile_id in (
                  select profile_id from enrollment.profile where site_id = @SiteId and user_id = @UserId
                  union all
                  select profile_id from enrollment.visitor where site_id = @SiteId and anonymous_id = @AnonymousId)
            """;
        return source.QueryAsync<Guid>(sql, new { person.SiteId, person.UserId, person.AnonymousId }, ct);
    }

    /// <summary>Returns all enrollments of one person, oldest first.</summary>
    public async Task<IReadOnlyList<EnrollmentRow>> ListAllOfPersonAsync(Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = SelectRows + "where e.site_id = @siteId and e.profile_id = @profileId order by e.enrollment_id";
        return await source.QueryAsync<EnrollmentRow>(sql, new { siteId, profileId }, ct);
    }

    /// <summary>
    /// Returns those of the watched people whose enrollments, or the status of whose journeys, changed recently.
    /// </summary>
    /// <param name="siteIds">The sites of the people.</param>
    /// <param name="profileIds">The people, in the order of their sites.</param>
    /// <param name="span">The time to look back, measured by the database's clock, because that clock made the
    /// timestamps.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<(Guid SiteId, Guid ProfileId)>> ListChangedAsync(
        Guid[] siteIds, Guid[] profileIds, TimeSpan span, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            select distinct e.site_id, e.profile_id
            from unnest(@siteIds, @profileIds) as watched (site_id, profile_id)
            join enrollment.enrollment e on e.site_id = watched.site_id and e.profile_id = watched.profile_id
            left join enrollment.journey j
              on j.site_id = e.site_id and j.journey_id = e.journey_id and e.status = '{EnrollmentStatuses.Active}' and j.status_at >= coalesce(@now, now()) - @span
            where e.updated_at >= coalesce(@now, now()) - @span or j.journey_id is not null
            """;
        return await source.QueryAsync<(Guid, Guid)>(sql, new { siteIds, profileIds, span, now }, ct);
    }

    /// <summary>Returns the open transactions that may still commit rows with an earlier timestamp.</summary>
    public async Task<IReadOnlyList<OpenTransaction>> ListOpenTransactionsAsync(CancellationToken ct)
    {
        // A transaction that has been open for long without writing is a reader, such as a backup, or was abandoned.
        const string sql = """
            select pid, xact_start as started_at
            from pg_stat_activity
            where datname = current_database() and usename = current_user and pid <> pg_backend_pid() and xact_start is not null
              and (backend_xid is not null or xact_start > clock_timestamp() - interval '15 seconds')
            """;
        return await source.QueryAsync<OpenTransaction>(sql, new { }, ct);
    }

    /// <summary>Returns the profiles of these people, in their order; null for those who are unknown.</summary>
    public async Task<IReadOnlyList<KnownAs?>> ListKnownAsync(IReadOnlyList<PersonKey> people, CancellationToken ct)
    {
        const string sql = """
            select profile.profile_id, coalesce(profile.user_id, '') as user_id
            from unnest(@siteIds, @userIds, @anonymousIds) with ordinality as asked (site_id, user_id, anonymous_id, number)
            left join enrollment.profile on profile.site_id = asked.site_id and profile.profile_id = case when asked.user_id <> ''
                then (select p.profile_id from enrollment.profile p where p.site_id = asked.site_id and p.user_id = asked.user_id)
                else (select v.profile_id from enrollment.visitor v where v.site_id = asked.site_id and v.anonymous_id = asked.anonymous_id) end
            order by asked.number
            """;
        var parameters = new
        {
            siteIds = people.Select(person => person.SiteId).ToArray(),
            userIds = people.Select(person => person.UserId).ToArray(),
            anonymousIds = people.Select(person => person.AnonymousId).ToArray(),
        };
        var rows = await source.QueryAsync<(Guid? ProfileId, string UserId)>(sql, parameters, ct);
        return [.. rows.Select(row => row.ProfileId is { } id ? new KnownAs(id, row.UserId) : null)];
    }

    /// <summary>Returns visits of one enrollment after a number, oldest first.</summary>
    public async Task<IReadOnlyList<VisitRow>> ListVisitsAsync(Guid siteId, Guid enrollmentId, int after, int limit, CancellationToken ct)
    {
        const string sql = $"""
            {SelectVisits}
            where visit.site_id = @siteId and visit.enrollment_id = @enrollmentId and visit.visit_no > @after
            order by visit.visit_no
            limit @limit
            """;
        return await source.QueryAsync<VisitRow>(sql, new { siteId, enrollmentId, after, limit }, ct);
    }

    /// <summary>Returns all visits of these enrollments, in order.</summary>
    public Task<IReadOnlyList<VisitRow>> ListVisitsOfAsync(Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = $"""
            {SelectVisits}
            where visit.site_id = @siteId and visit.enrollment_id = any(@enrollmentIds)
            order by visit.enrollment_id, visit.visit_no
            """;
        return source.QueryAsync<VisitRow>(sql, new { siteId, enrollmentIds }, ct);
    }

    /// <summary>Returns the signals held for these enrollments, in order.</summary>
    public Task<IReadOnlyList<HeldRow>> ListHeldOfAsync(Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = """
            select site_id, enrollment_id, held_signal_id, signal::text as signal, held_at
            from enrollment.held_signal
            where site_id = @siteId and enrollment_id = any(@enrollmentIds)
            order by held_signal_id
            """;
        return source.QueryAsync<HeldRow>(sql, new { siteId, enrollmentIds }, ct);
    }

    /// <summary>Counts the signals held for an enrollment.</summary>
    public async Task<int> CountHeldAsync(Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        const string sql = "select count(*)::integer from enrollment.held_signal where site_id = @siteId and enrollment_id = @enrollmentId";
        return (await source.QueryAsync<int>(sql, new { siteId, enrollmentId }, ct))[0];
    }

    sealed record FoundRow
    {
        public bool IsErased { get; init; }
        public bool IsJoined { get; init; }
        public long ChangeNo { get; init; }
    }
}
