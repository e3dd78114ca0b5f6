using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Locks a journey against changes, or against enrollments, until a transaction ends.</summary>
public static class JourneyLockStore
{
    /// <summary>
    /// Locks the journey exclusively until the transaction ends, with this lock timeout for the rest of the transaction. Waits for enrollments in progress;
    /// PostgreSQL grants advisory locks in order, so later enrollments wait behind it, whereas shared locks of a row would pass it.
    /// </summary>
    /// <remarks>Older releases lock only the row that has the journey's state, so callers lock it too.</remarks>
    /// <exception cref="PostgresException">The lock was not granted within the timeout.</exception>
    public static async Task TakeTurnAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, TimeSpan longestWait, CancellationToken ct)
    {
        const string sql = "select pg_advisory_xact_lock(hashtextextended(@turn, 0))";

        await transaction.LimitLockWaitsAsync(longestWait, ct);
        await transaction.ExecuteAsync(sql, new { turn = Turn(siteId, journeyId) }, ct);
    }

    /// <summary>Locks the journey's row without waiting, if there is one.</summary>
    /// <exception cref="PostgresException">Another transaction has locked it.</exception>
    public static Task LockFreeAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = "select from enrollment.journey where site_id = @siteId and journey_id = @journeyId for update nowait";
        return transaction.ExecuteAsync(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Takes both locks of a journey exclusively, without waiting. Returns false if another transaction has one of them.</summary>
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
    /// Returns a journey's state and locks it in shared mode until the transaction ends, so that a pause or an
    /// archiving waits for it. Waits behind a change that is waiting for the lock.
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
