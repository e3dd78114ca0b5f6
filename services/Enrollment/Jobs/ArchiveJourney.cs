using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Archives the people inside an archived journey.</summary>
public sealed class ArchiveJourney(ArchiveEnrollments archive) : IChunkWork
{
    public Kind Kind => Kind.Archive;

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        _ = await JourneyLockStore.HoldAsync(transaction, siteId, journeyId, ct)
            ?? throw new NotYet($"News of journey {journeyId} has not arrived yet.");

        var total = chunk.ChunkNo == 1 ? await EnrollmentStore.CountToArchiveAsync(transaction, siteId, journeyId, ct) : 0;
        var limit = chunk.LimitInside();
        var enrollments = await archive.HandleAsync(transaction, siteId, journeyId, limit, ct);
        var isLast = enrollments.Count < limit && await EnrollmentStore.CountToArchiveAsync(transaction, siteId, journeyId, ct) == 0;
        return new(new() { Done = enrollments.Count, Changed = enrollments.Count, Total = total, Last = isLast }, enrollments);
    }
}
