using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Which sites are halted, as Definition told us last.</summary>
public static class SiteHaltStore
{
    /// <summary>Of a halt `site` and a journey `j` of the site: whether it does not rest although the site is halted, or rests although it is not.</summary>
    public const string IsUnsettled = $"case when site.halted then j.status = '{JourneyStatuses.Published}' else j.halted_change_no is not null end";

    /// <summary>Notes that a site was halted or resumed; older news than what is stored changes nothing.</summary>
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

    /// <summary>The site's journeys that do not rest although it is halted, or rest although it is not.</summary>
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

    /// <summary>The number of the site's newest halt or resume that was heard of; 0 for none.</summary>
    public static Task<int> NewestAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = "select coalesce((select change_no from scheduler.site_halt where site_id = @siteId), 0)";
        return transaction.ScalarAsync<int>(sql, new { siteId }, ct);
    }

    /// <summary>The correction by which a site got to this change; null where it is another one, or no correction.</summary>
    public static Task<Guid?> FindCorrectionAsync(
        NpgsqlTransaction transaction, Guid siteId, int changeNo, DateTimeOffset changedAt, CancellationToken ct)
    {
        const string sql = """
            select correction from scheduler.site_halt where site_id = @siteId and change_no = @changeNo and changed_at = @changedAt
            """;
        return transaction.ScalarAsync<Guid?>(sql, new { siteId, changeNo, changedAt }, ct);
    }

    /// <summary>Forgets how far the halt of a site is, if that is still the same.</summary>
    public static Task DistrustAsync(NpgsqlConnection connection, Guid siteId, int number, CancellationToken ct)
    {
        // That a halt is lifted has the number 0, if Definition does not know of it any more. A halt of which a journey knows nothing is taken for one less.
        const string sql = """
            update scheduler.site_halt set change_no = -1, correction = gen_random_uuid()
            where site_id = @siteId and (change_no = @number or change_no - 1 = @number)
            """;
        return connection.ExecuteAsync(sql, new { siteId, number }, ct);
    }
}
