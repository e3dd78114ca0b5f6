using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Stops;

/// <summary>Starts the job that continues the enrollments of a stop.</summary>
public sealed class UndoStop(NpgsqlDataSource source, RequireJourney require, BeginJob jobs, Clock clock, TimeProvider time)
{
    /// <summary>Returns the job. A stop is undone once, so a repeat returns the same job.</summary>
    /// <exception cref="NotFound">The journey has no such stop.</exception>
    /// <exception cref="Refused">Reason STOP_NOT_UNDOABLE or JOURNEY_ARCHIVED.</exception>
    public async Task<Scheduler.Job> HandleAsync(Guid siteId, string undoneBy, Guid journeyId, Guid stopId, CancellationToken ct)
    {
        var journey = await require.FindAsync(siteId, journeyId, ct);
        var (stop, people) = await source.InTransactionAsync(transaction => ClaimAsync(transaction, journey, siteId, undoneBy, stopId, ct), ct);
        // The Scheduler returns the existing job for a repeated id, so a repeat after a crash at this point starts no
        // second job.
        Crash.At(CrashPoint.UndoClaimed);
        return await jobs.StartAsync(
            siteId,
            stop.UndoJobId!.Value,
            new()
            {
                Kind = Scheduler.Job.Types.Kind.UndoStop,
                JourneyId = journeyId.ToString(),
                SubjectId = stopId.ToString(),
                Total = people,
                PeoplePerSecond = stop.PeoplePerSecond,
            },
            ct);
    }

    async Task<(StopRow Stop, int People)> ClaimAsync(
        NpgsqlTransaction transaction, LiveJourney? journey, Guid siteId, string undoneBy, Guid stopId, CancellationToken ct)
    {
        var known = await StopStore.FindAsync(transaction, siteId, stopId, ct);
        if (known is null || known.JourneyId != journey?.JourneyId)
            throw new NotFound("stop", stopId);
        if (known.UndoneAt is null && journey.Status == JourneyStatuses.Archived)
            throw Availability.RefusalOf(journey.Status)!;

        await StopStore.UndoAsync(transaction, siteId, stopId, FreshId.Make(time.GetUtcNow()), undoneBy, clock.Given, ct);
        // Read again, because a call that was waited for may have undone it.
        var stop = (await StopStore.FindAsync(transaction, siteId, stopId, ct))!;
        if (stop.UndoneAt is null)
        {
            throw new Refused(
                "STOP_NOT_UNDOABLE",
                stop.UndoUntil is { } until ? $"The stop could be undone until {until.UtcDateTime:u}." : "The stop was made so that it cannot be undone.");
        }

        return (stop, await StoppedStore.CountAsync(transaction, siteId, stopId, ct));
    }
}
