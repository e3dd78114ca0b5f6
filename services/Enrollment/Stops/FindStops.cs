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

        var jobs = await ListJobsAsync(siteId, rows.Select(row => row.StopId), ct);
        var undos = await ListJobsAsync(siteId, rows.Where(row => row.UndoJobId is not null).Select(row => row.UndoJobId!.Value), ct);
        return [.. rows.Select(row => ToProto(row, jobs.GetValueOrDefault(row.StopId), row.UndoJobId is { } undo ? undos.GetValueOrDefault(undo) : null))];
    }

    async Task<IReadOnlyDictionary<Guid, Scheduler.Job>> ListJobsAsync(Guid siteId, IEnumerable<Guid> ids, CancellationToken ct)
    {
        var request = new Scheduler.ListJobsRequest { Ids = { ids.Select(id => id.ToString()) } };
        if (request.Ids.Count == 0)
            return new Dictionary<Guid, Scheduler.Job>();

        request.PageSize = request.Ids.Count;
        return (await scheduler.ListJobsAsync(request, ServiceCall.For(siteId, ct))).Jobs.ToDictionary(job => Guid.Parse(job.Id));
    }

    static Proto.Stop ToProto(StopRow row, Scheduler.Job? job, Scheduler.Job? undo) => new()
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
        UndoUntilTime = row.UndoUntil?.ToTimestamp(),
        UndoTime = row.UndoneAt?.ToTimestamp(),
        UndoneBy = row.UndoneBy,
        UndoJob = undo,
    };
}
