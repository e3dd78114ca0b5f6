using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Stores which sites are halted, as last received from Definition.</summary>
public static class SiteHaltStore
{
    /// <summary>
    /// SQL for a halt `site` and a journey `j` of the site: whether the journey runs although the site is halted, or is
    /// still paused although the halt is over.
    /// </summary>
    public const string IsUnsettled = $"case when site.halted then j.status = '{JourneyStatuses.Published}' else j.halted_change_no is not null end";

    /// <summary>
    /// Stores that a site was halted or resumed. An older change than the stored one changes nothing.
    /// </summary>
    public static Task ApplyAsync(
        NpgsqlTransaction transaction, Guid siteId, int changeNo, bool halted, DateTimeOffset changedAt, CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.site_halt as site_halt (site_id, change_no, halted, changed_at)
            values (@siteId, @changeNo, @halted, @changedAt)
            on conflict (site_id) do update
            set change_no = excluded.change_no, halted = excluded.halted, changed_at = excluded.changed_at,
                correction = case when site_halt.change_no = -1 then site_halt.correction end
            where (site_halt.change_no, site_halt.changed_at) < (excluded.change_no, excluded.changed_at)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, changeNo, halted, changedAt }, ct);
    }

    /// <summary>
    /// Returns the journeys that run although the site is halted, or are still paused although the halt is over.
    /// </summary>
    public static Task<IReadOnlyList<Guid>> ListUnsettledAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            select j.journey_id
            from scheduler.site_halt as site
            join scheduler.journey as j on j.site_id = site.site_id
            where site.site_id = @siteId and {IsUnsettled}
            """;
        return transaction.QueryAsync<Guid>(sql, new { siteId }, ct);
    }

    /// <summary>
    /// Returns the number of the site's newest known halt or resume, 0 for none, its time, and whether it was a
    /// correction.
    /// </summary>
    public static async Task<(int ChangeNo, DateTimeOffset? ChangedAt, bool IsCorrection)> NewestAsync(
        NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = """
            select change_no, changed_at, correction is not null from scheduler.site_halt where site_id = @siteId
            """;
        return (await transaction.QueryAsync<(int, DateTimeOffset?, bool)>(sql, new { siteId }, ct)).SingleOrDefault();
    }

    /// <summary>
    /// Returns the correction that set a site to this change; null if the stored change is another one or was no
    /// correction.
    /// </summary>
    public static Task<Guid?> FindCorrectionAsync(
        NpgsqlTransaction transaction, Guid siteId, int changeNo, DateTimeOffset changedAt, CancellationToken ct)
    {
        const string sql = """
            select correction from scheduler.site_halt where site_id = @siteId and change_no = @changeNo and changed_at = @changedAt
            """;
        return transaction.ScalarAsync<Guid?>(sql, new { siteId, changeNo, changedAt }, ct);
    }

    /// <summary>
    /// Resets the change number of a site's halt, if it still has this number, so that changes are applied again.
    /// </summary>
    public static Task DistrustAsync(NpgsqlConnection connection, Guid siteId, int number, DateTimeOffset? at, CancellationToken ct)
    {
        // Number 0 means lifted because Definition no longer knows the halt. A journey that has not seen the halt
        // counts as one change behind.
        const string sql = """
            update scheduler.site_halt set change_no = -1, correction = gen_random_uuid()
            where site_id = @siteId and (change_no = @number or change_no - 1 = @number)
              and changed_at is not distinct from @at::timestamptz
            """;
        return connection.ExecuteAsync(sql, new { siteId, number, at }, ct);
    }
}
