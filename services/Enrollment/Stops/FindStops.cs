using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Stops;

/// <summary>Reads the stops of a journey with their jobs, which the Scheduler has.</summary>
public sealed class FindStops(NpgsqlDataSource source, RequireJourney require, Scheduler.SchedulerService.SchedulerServiceClient scheduler)
{
    /// <summary>
    /// Returns at most `size` stops with ids before `before`, newest first, and whether there are more.
    /// </summary>
    public async Task<(IReadOnlyList<Proto.Stop> Stops, bool HasMore)> ListAsync(Guid siteId, Guid journeyId, Guid? before, int size, CancellationToken ct)
    {
        await require.FindAsync(siteId, journeyId, ct);
        var rows = await StopStore.ListAsync(source, siteId, journeyId, before, size + 1, ct);
        return (await WithJobsAsync(siteId, [.. rows.Take(size)], ct), rows.Count > size);
    }

    /// <summary>Returns one stop.</summary>
    /// <exception cref="NotFound">The journey has none with this id.</exception>
    public async Task<Proto.Stop> FindAsync(Guid siteId, Guid journeyId, Guid stopId, CancellationToken ct)
    {
        await require.FindAsync(siteId, journeyId, ct);
        var row = await source.InTransactionAsync(transaction => StopStore.FindAsync(transaction, siteId, stopId, ct), ct);
        return row?.JourneyId == journeyId ? (await WithJobsAsync(siteId, [row], ct))[0] : throw new NotFound("stop", stopId);
    }

    async Task<IReadOnlyList<Proto.Stop>> WithJobsAsync(Guid siteId, IReadOnlyList<StopRow> rows, CancellationToken ct)
    {
        if (rows.Count == 0)
            return [];

        var answer = await scheduler.ListJobsAsync(
            new() { Ids = { rows.Select(row => row.StopId.ToString()) }, PageSize = rows.Count }, ServiceCall.For(siteId, ct));
        var jobs = answer.Jobs.ToDictionary(job => job.Id);
        return [.. rows.Select(row => ToProto(row, jobs.GetValueOrDefault(row.StopId.ToString())))];
    }

    static Proto.Stop ToProto(StopRow row, Scheduler.Job? job) => new()
    {
        Id = row.StopId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        Reason = row.Reason,
        CreatedBy = row.CreatedBy,
        CreateTime = row.CreatedAt.ToTimestamp(),
        People = row.People,
        NodeIds = { row.NodeIds },
        Versions = { row.Versions },
        Job = job,
    };
}
