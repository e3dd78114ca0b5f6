using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Simulations;

/// <summary>Stores simulations: the queue, their progress and their results.</summary>
public sealed class SimulationStore(NpgsqlDataSource source)
{
    // All columns except the request and the results, which may be large.
    const string Shown = """
        site_id, simulation_id, journey_id, status, creator, done, total, tries, lease_id, error_reason, error, input_digest, report_digest,
        passed, summary, created_at, ended_at
        """;

    // Tests may give the time.
    const string Now = "coalesce(@now, now())";
    const string Lease = $"{Now} + interval '30 seconds'";

    /// <summary>Counts the queued simulations of a site.</summary>
    public static Task<int> CountQueuedAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = $"select count(*)::integer from enrollment.simulation where site_id = @siteId and status = '{SimulationStatuses.Queued}'";
        return transaction.ScalarAsync<int>(sql, new { siteId }, ct);
    }

    /// <summary>Adds a queued simulation.</summary>
    public static Task AddAsync(NpgsqlTransaction transaction, SimulationRow row, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.simulation (site_id, simulation_id, journey_id, status, creator, request, document, baseline, total, created_at)
            values (@SiteId, @SimulationId, @JourneyId, @Status, @Creator, @Request, @Document, @Baseline, @Total, @CreatedAt)
            """;
        return transaction.ExecuteAsync(sql, row, ct);
    }

    /// <summary>Removes the oldest simulations of a journey that have ended, so that at most `most` are left.</summary>
    public static Task KeepNewestAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int most, CancellationToken ct)
    {
        const string sql = $"""
            delete from enrollment.simulation
            where site_id = @siteId and status not in {SimulationStatuses.Open} and simulation_id in (
                select simulation_id from enrollment.simulation
                where site_id = @siteId and journey_id = @journeyId
                order by simulation_id desc
                offset @most)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, most }, ct);
    }

    /// <summary>Returns one simulation; null when there is none.</summary>
    public async Task<SimulationRow?> FindAsync(Guid siteId, Guid journeyId, Guid simulationId, CancellationToken ct)
    {
        const string sql = $"""
            select {Shown}, request
            from enrollment.simulation
            where site_id = @siteId and journey_id = @journeyId and simulation_id = @simulationId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SimulationRow>(
            sql, new { siteId, journeyId, simulationId }, ct);
    }

    /// <summary>Returns simulations of a journey before an id, newest first.</summary>
    public async Task<IReadOnlyList<SimulationRow>> ListAsync(Guid siteId, Guid journeyId, Guid? before, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Shown}
            from enrollment.simulation
            where site_id = @siteId and journey_id = @journeyId and (@before::uuid is null or simulation_id < @before)
            order by simulation_id desc
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<SimulationRow>(sql, new { siteId, journeyId, before, limit }, ct);
    }

    /// <summary>Returns the report of a completed simulation; null before.</summary>
    public async Task<byte[]?> FindReportAsync(Guid siteId, Guid simulationId, CancellationToken ct)
    {
        const string sql = "select report from enrollment.simulation where site_id = @siteId and simulation_id = @simulationId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<byte[]?>(sql, new { siteId, simulationId }, ct);
    }

    /// <summary>Cancels a simulation that has not ended.</summary>
    public async Task CancelAsync(Guid siteId, Guid journeyId, Guid simulationId, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.simulation
            set status = '{SimulationStatuses.Cancelled}', lease_id = null, lease_until = null, ended_at = {Now}
            where site_id = @siteId and journey_id = @journeyId and simulation_id = @simulationId and status in {SimulationStatuses.Open}
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { siteId, journeyId, simulationId, now }, ct);
    }

    /// <summary>Removes a simulation. Returns false when there is none.</summary>
    public async Task<bool> DeleteAsync(Guid siteId, Guid journeyId, Guid simulationId, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.simulation
            where site_id = @siteId and journey_id = @journeyId and simulation_id = @simulationId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(sql, new { siteId, journeyId, simulationId }, ct) == 1;
    }

    /// <summary>
    /// Claims the next simulation that is queued or whose lease has expired. The site that was served last comes last.
    /// </summary>
    public async Task<SimulationRow?> TakeAsync(Guid leaseId, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            with next as (
                select waiting.site_id, waiting.simulation_id
                from enrollment.simulation waiting
                where waiting.status in {SimulationStatuses.Open} and (waiting.lease_until is null or waiting.lease_until < {Now})
                order by (select max(other.began_at) from enrollment.simulation other where other.site_id = waiting.site_id) nulls first,
                         waiting.created_at
                limit 1
                for update of waiting skip locked
            )
            update enrollment.simulation as simulation
            set status = '{SimulationStatuses.Running}', lease_id = @leaseId, lease_until = {Lease}, began_at = {Now}, tries = tries + 1, done = 0
            from next
            where simulation.site_id = next.site_id and simulation.simulation_id = next.simulation_id
            returning simulation.site_id, simulation.simulation_id, simulation.journey_id, simulation.status, simulation.request, simulation.document,
                      simulation.baseline, simulation.total, simulation.tries, simulation.lease_id, simulation.created_at
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<SimulationRow>(sql, new { leaseId, now }, ct);
    }

    /// <summary>Stores the progress and renews the lease. Returns false when the worker has lost the lease.</summary>
    public async Task<bool> RenewAsync(SimulationRow row, int done, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.simulation
            set done = @done, lease_until = {Lease}
            where site_id = @SiteId and simulation_id = @SimulationId and lease_id = @LeaseId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        var parameters = new { row.SiteId, row.SimulationId, row.LeaseId, done, now };
        return await connection.ExecuteAsync(sql, parameters, ct) == 1;
    }

    /// <summary>Puts the simulation back into the queue; the try does not count.</summary>
    public async Task ReleaseAsync(SimulationRow row, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.simulation
            set status = '{SimulationStatuses.Queued}', lease_id = null, lease_until = null, tries = tries - 1, done = 0
            where site_id = @SiteId and simulation_id = @SimulationId and lease_id = @LeaseId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { row.SiteId, row.SimulationId, row.LeaseId }, ct);
    }

    /// <summary>Stores that the simulation failed.</summary>
    public async Task FailAsync(SimulationRow row, string reason, string error, int done, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.simulation
            set status = '{SimulationStatuses.Failed}', lease_id = null, lease_until = null, error_reason = @reason, error = @error, done = @done,
                ended_at = {Now}
            where site_id = @SiteId and simulation_id = @SimulationId and lease_id = @LeaseId
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        var parameters = new { row.SiteId, row.SimulationId, row.LeaseId, reason, error, done, now };
        await connection.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>Stores the results. Returns false when the worker has lost the lease.</summary>
    public static async Task<bool> CompleteAsync(NpgsqlTransaction transaction, SimulationRow row, byte[] report, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.simulation
            set status = '{SimulationStatuses.Completed}', lease_id = null, lease_until = null, done = total, input_digest = @InputDigest,
                report_digest = @ReportDigest, passed = @Passed, summary = @Summary, report = @report, ended_at = {Now}
            where site_id = @SiteId and simulation_id = @SimulationId and lease_id = @LeaseId
            """;
        var parameters = new { row.SiteId, row.SimulationId, row.LeaseId, row.InputDigest, row.ReportDigest, row.Passed, row.Summary, report, now };
        return await transaction.ExecuteAsync(sql, parameters, ct) == 1;
    }

    /// <summary>Removes at most `limit` simulations that were created before a time.</summary>
    /// <returns>The number removed.</returns>
    public async Task<int> RemoveOldAsync(DateTimeOffset before, int limit, CancellationToken ct)
    {
        const string sql = """
            with old as (
                select site_id, simulation_id
                from enrollment.simulation
                where created_at < @before
                order by created_at
                limit @limit
                for update skip locked
            )
            delete from enrollment.simulation as simulation
            using old
            where simulation.site_id = old.site_id and simulation.simulation_id = old.simulation_id
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(sql, new { before, limit }, ct);
    }
}
