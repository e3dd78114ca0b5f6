using Dapper;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Enrollments that are locked until the transaction ends.</summary>
/// <param name="Rows">In the order of their ids.</param>
/// <param name="At">The database's time when the last lock was had: whatever the holders before did is earlier.</param>
public sealed record LockedRows(IReadOnlyList<EnrollmentRow> Rows, DateTimeOffset At);

/// <summary>Loads enrollments for moving, and writes what became of them: one statement a table, for 1 or for 500.</summary>
/// <remarks>
/// Rows are locked first and read by a second statement of the same round trip, which sees what whoever held the locks has committed: an
/// enrollment that was joined to a user meanwhile is found under its new owner. Both lock in id order, so that no two wait in a circle.
/// </remarks>
public static class EnrollmentStore
{
    const string LockRows = "select clock_timestamp(), count(*) from (select from enrollment.enrollment e ";
    const string InOrder = " order by e.enrollment_id for update of e";
    const string ThenReadRows = InOrder + ") as locked;" + SelectRows;

    const string SelectRows = """
        select e.site_id, e.enrollment_id, e.journey_id, e.version, e.profile_id, e.first_id, e.anonymous_id, e.attempt, e.status, e.source,
               e.node_id, e.visit_no, e.waiting_for, e.waiting_since, e.wake_at, e.data::text as data, e.steps_done, e.outcome, e.stop_reason,
               e.goal_at, e.merged_into_id, e.entered_at, e.updated_at, e.ended_at,
               coalesce(p.user_id, '') as user_id, p.traits::text as traits, p.context::text as context, p.time_zone,
               case when e.version <= j.archived_version then 'ARCHIVED' else j.status end as journey_status,
               exists (select from enrollment.held_signal h where h.site_id = e.site_id and h.enrollment_id = e.enrollment_id) as has_held,
               exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id) as is_set_aside
        from enrollment.enrollment e
        join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id
        join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id

        """;

    /// <summary>Locks active enrollments by id.</summary>
    public static Task<LockedRows> LockActiveAsync(
        NpgsqlTransaction transaction, Guid[] siteIds, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string rows = """
            join (select distinct * from unnest(@siteIds, @enrollmentIds)) as wanted (site_id, enrollment_id)
              on wanted.site_id = e.site_id and wanted.enrollment_id = e.enrollment_id
            where e.status = 'ACTIVE'
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteIds, enrollmentIds }, ct);
    }

    /// <summary>Locks everything active of one person.</summary>
    public static Task<LockedRows> LockActiveOfPersonAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string rows = """
            where e.site_id = @siteId and e.profile_id = @profileId and e.status = 'ACTIVE'
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, profileId }, ct);
    }

    /// <summary>Locks the newest attempt of each person in each journey, for two persons that become one.</summary>
    public static Task<LockedRows> LockLatestOfPersonsAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, CancellationToken ct)
    {
        const string rows = """
            where e.site_id = @siteId and e.profile_id = any(@profileIds) and e.is_latest
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, profileIds }, ct);
    }

    /// <summary>Locks the newest attempt of people in one journey, whatever its status.</summary>
    public static Task<LockedRows> LockLatestAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Guid[] profileIds, CancellationToken ct)
    {
        const string rows = """
            where e.site_id = @siteId and e.journey_id = @journeyId and e.profile_id = any(@profileIds) and e.is_latest
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, journeyId, profileIds }, ct);
    }

    /// <summary>The highest number of an attempt of each person in one journey. It may be that of a visitor who was joined to the person.</summary>
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
        var rows = await transaction.Connection!.QueryAsync<(Guid ProfileId, int Attempt)>(
            new CommandDefinition(sql, new { siteId, journeyId, profileIds }, transaction, cancellationToken: ct));
        return rows.ToDictionary(row => row.ProfileId, row => row.Attempt);
    }

    /// <summary>Locks the newest attempt of one person in one journey, found by user id or, without one, by the visitor's id.</summary>
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
        var locked = await QueryAsync(transaction, sql, new { person.SiteId, person.UserId, person.AnonymousId, journeyId }, ct);
        foreach (var row in locked.Rows)
            person.RequireProof(row.UserId);
        // Who is nowhere in this journey may be a user all the same.
        if (locked.Rows.Count == 0 && person.ProvenUser is not null)
            await ProfileStore.FindAsync(transaction.Connection!, person, ct);
        return locked;
    }

    /// <summary>Locks active enrollments of one journey that are to be archived, some at a time.</summary>
    public static Task<LockedRows> LockArchivedOfJourneyAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        const string rows = """
            where e.status = 'ACTIVE' and e.site_id = @siteId and e.enrollment_id in (
                select inside.enrollment_id
                from enrollment.enrollment inside
                join enrollment.journey archived on archived.site_id = inside.site_id and archived.journey_id = inside.journey_id
                where inside.site_id = @siteId and inside.journey_id = @journeyId and inside.status = 'ACTIVE'
                  and inside.version <= archived.archived_version
                order by inside.enrollment_id
                limit @limit)
            """;
        const string sql = LockRows + rows + ThenReadRows + rows + InOrder;
        return QueryAsync(transaction, sql, new { siteId, journeyId, limit }, ct);
    }

    static async Task<LockedRows> QueryAsync(
        NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct)
    {
        await using var answers = await transaction.Connection!.QueryMultipleAsync(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));
        var (at, _) = await answers.ReadSingleAsync<(DateTimeOffset, long)>();
        return new LockedRows((await answers.ReadAsync<EnrollmentRow>()).AsList(), at);
    }

    /// <summary>How many are still to be archived with their journey.</summary>
    public static Task<int> CountToArchiveAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select count(*)::integer
            from enrollment.enrollment e
            join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
            where e.site_id = @siteId and e.journey_id = @journeyId and e.status = 'ACTIVE' and e.version <= j.archived_version
            """;
        return transaction.ScalarAsync<int>(sql, new { siteId, journeyId }, ct);
    }
}
