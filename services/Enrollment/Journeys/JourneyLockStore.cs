using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Who may change a journey, and who may let people into it, until a transaction ends.</summary>
public static class JourneyLockStore
{
    /// <summary>
    /// Lets nobody into a journey until the transaction ends, in which nothing waits for a lock longer than this. Those who are being let in are waited
    /// for, and those who come later wait behind: PostgreSQL serves such locks in turn, whereas those who share a row pass whoever waits to change it.
    /// </summary>
    /// <remarks>The row says where the journey stands. It is locked too, because releases before this one lock nothing else.</remarks>
    /// <exception cref="PostgresException">It would take longer.</exception>
    public static async Task TakeTurnAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int longestWaitMilliseconds, CancellationToken ct)
    {
        const string limit = """
            select set_config('lock_timeout', least(nullif(setting::integer, 0), @longestWaitMilliseconds)::text, true)
            from pg_settings
            where name = 'lock_timeout'
            """;
        const string sql = "select pg_advisory_xact_lock(hashtextextended(@turn, 0))";

        await transaction.ExecuteAsync(limit, new { longestWaitMilliseconds }, ct);
        await transaction.ExecuteAsync(sql, new { turn = Turn(siteId, journeyId) }, ct);
    }

    /// <summary>Keeps a journey from changing until the transaction ends, if it is known.</summary>
    /// <exception cref="PostgresException">Somebody else does so.</exception>
    public static Task LockFreeAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = "select from enrollment.journey where site_id = @siteId and journey_id = @journeyId for update nowait";
        return transaction.ExecuteAsync(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Takes the turn of a journey and keeps it from changing until the transaction ends. False when somebody else does so.</summary>
    public static async Task<bool> TryLockAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select journey_id
            from enrollment.journey
            where site_id = @siteId and journey_id = @journeyId and pg_try_advisory_xact_lock(hashtextextended(@turn, 0))
            for update skip locked
            """;
        return (await transaction.QueryAsync<Guid>(sql, new { siteId, journeyId, turn = Turn(siteId, journeyId) }, ct)).Count == 1;
    }

    /// <summary>
    /// Where one journey stands, kept so until the transaction ends: a pause or an archiving waits for those who are being let in. Waits behind one that waits.
    /// </summary>
    public static async Task<JourneyRow?> HoldAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            select j.site_id, j.journey_id, j.change_no, j.status, {JourneyStore.IsHalted} as is_halted, j.version, j.archived_version
            from enrollment.journey as j
            where j.site_id = @siteId and j.journey_id = @journeyId and pg_advisory_xact_lock_shared(hashtextextended(@turn, 0)) is not null
            for share
            """;
        return await transaction.QuerySingleOrDefaultAsync<JourneyRow>(sql, new { siteId, journeyId, turn = Turn(siteId, journeyId) }, ct);
    }

    static string Turn(Guid siteId, Guid journeyId) => $"journey/{siteId:N}/{journeyId:N}";
}
