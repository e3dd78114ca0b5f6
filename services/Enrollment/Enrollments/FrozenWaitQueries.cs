using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Finds people in whose waits the newest pauses that stopped waits are not included yet.</summary>
public static class FrozenWaitQueries
{
    // Bounds how many people without such a wait a chunk looks at.
    const int Window = 20_000;

    const string Inside = $"""
        from enrollment.journey j
        join enrollment.enrollment e on e.site_id = j.site_id and e.journey_id = j.journey_id
        where j.site_id = @siteId and j.journey_id = @journeyId and j.frozen_at is not null and e.status = '{EnrollmentStatuses.Active}'
        """;

    const string Columns = """
        e.enrollment_id, e.wake_at, e.waiting_since, e.version > j.archived_version as is_live,
        coalesce(e.thawed_at < j.frozen_at, true) as is_behind
        """;

    const string IsFrozen = """
        is_live and is_behind and wake_at is not null
          and waiting_since < (select max(resumed_at) from enrollment.frozen_pause where site_id = @siteId and journey_id = @journeyId)
        """;

    /// <summary>Whether there was a pause of the journey during which waits stopped.</summary>
    public static async Task<bool> MayBeAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select exists (
                select from enrollment.journey where site_id = @siteId and journey_id = @journeyId and frozen_at is not null)
            """;
        return await transaction.ScalarAsync<bool>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Returns the next people behind an enrollment, and where to continue; null at the end.</summary>
    public static async Task<(IReadOnlyList<Guid> EnrollmentIds, Guid? Next)> ListAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, Guid after, int limit, CancellationToken ct)
    {
        const string list = $"""
            select enrollment_id
            from (select {Columns} {Inside} and e.enrollment_id > @after order by e.enrollment_id limit @window) as person
            where {IsFrozen}
            order by enrollment_id
            limit @limit
            """;
        const string end = $"""
            select e.enrollment_id {Inside} and e.enrollment_id > @after order by e.enrollment_id offset @window - 1 limit 1
            """;

        var given = new { siteId, journeyId, after, limit, window = Window };
        var found = await transaction.QueryAsync<Guid>(list, given, ct);
        return (found, found.Count == limit ? found[^1] : await transaction.ScalarAsync<Guid?>(end, given, ct));
    }

    /// <summary>Counts these people, except those for whom signals are held.</summary>
    public static Task<int> CountAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            select count(*)::integer
            from (select {Columns} {Inside}) as person
            where {IsFrozen}
              and not exists (select from enrollment.held_signal h where h.site_id = @siteId and h.enrollment_id = person.enrollment_id)
            """;
        return transaction.ScalarAsync<int>(sql, new { siteId, journeyId }, ct);
    }
}
