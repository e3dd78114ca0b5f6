using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Stops;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Stops the people inside a journey who are selected by a stop.</summary>
public sealed class StopPeople(JourneyCatalog catalog, SelectionQueries people, StopEnrollment stop, ILogger<StopPeople> logger) : IChunkWork
{
    public Kind Kind => Kind.Stop;

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var siteId = Guid.Parse(chunk.SiteId);
        if (await StopStore.HoldAsync(transaction, siteId, Guid.Parse(chunk.SubjectId), ct) is not { ForgottenAt: null } row)
        {
            return ChunkResult.Failed(
                "Enrollment no longer has the selection of this stop: a database was restored from a backup, or the job ended more than a day ago. Create the stop again.");
        }

        if (row.UndoneAt is not null)
            return ChunkResult.Failed("The stop was undone before everybody was stopped.");

        var site = await catalog.NowAsync(siteId, ct);
        var selection = row.ToSelection();
        // An audience that the rule names may have grown too costly, or was deleted.
        if (selection.Rule is { } rule && GivenRule.FaultOf(rule, site) is { } fault)
            return ChunkResult.Failed($"The rule of the stop {fault}");
        var limit = chunk.LimitInside();
        if (await people.FindPartAsync(transaction, selection, site, chunk.After(), limit, ct) is not { } part)
            return ChunkResult.Failed("The rule of the stop times out in the database. Create a stop with a simpler rule.");

        foreach (var enrollmentId in part.TooSlow)
            logger.LogError(
                "The rule of stop {StopId} times out for the person of enrollment {EnrollmentId} of site {SiteId}, so they are left out",
                row.StopId, enrollmentId, siteId);
        var locked = await EnrollmentStore.LockActiveToEndAsync(transaction, siteId, [.. part.Found], ct);
        // The previous holder of the lock may have moved them out of the selection.
        var meant = locked with { Rows = [.. locked.Rows.Where(selection.Means)] };
        if (row.UndoUntil is not null)
            await StoppedStore.AddAsync(transaction, siteId, row.StopId, meant.Rows, ct);
        var stopped = await stop.StopAsync(transaction, meant, StopReasons.Api, ct, $"stopped by job {row.StopId}: {row.Reason}");
        return new(
            new()
            {
                Done = part.Found.Count,
                Changed = stopped.Count,
                NextCursor = part.Last?.ToString() ?? "",
                Last = part.Last is null,
            },
            stopped);
    }
}
