using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Stores what sweeps need of audiences: the others that each names, and whether it depends on the passing of time.</summary>
public static class AudienceStore
{
    /// <summary>
    /// Stores an audience. An older change than the stored one changes nothing. Returns true if it was new.
    /// </summary>
    public static async Task<bool> ApplyAsync(
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

    /// <summary>
    /// Returns the correction that set an audience to its newest change; null if it was no correction.
    /// </summary>
    public static Task<Guid?> FindCorrectionAsync(NpgsqlTransaction transaction, Guid siteId, Guid audienceId, CancellationToken ct)
    {
        const string sql = "select correction from scheduler.audience where site_id = @siteId and audience_id = @audienceId";
        return transaction.ScalarAsync<Guid?>(sql, new { siteId, audienceId }, ct);
    }

    /// <summary>
    /// Resets the revision of the copy of an audience, if it still has this one, so that it is compared and changes are
    /// applied again.
    /// </summary>
    public static Task DistrustAsync(NpgsqlConnection connection, Guid siteId, Guid audienceId, int revision, DateTimeOffset? at, CancellationToken ct)
    {
        const string sql = """
            update scheduler.audience
            set revision = 0, correction = gen_random_uuid()
            where site_id = @siteId and audience_id = @audienceId and revision = @revision
              and changed_at is not distinct from @at::timestamptz
            """;
        return connection.ExecuteAsync(sql, new { siteId, audienceId, revision, at }, ct);
    }
}
