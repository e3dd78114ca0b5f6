using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Copies;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>
/// Finds people who are still inside an archived journey although no job is archiving them, and archives them.
/// </summary>
/// <remarks>Finds nothing in a healthy run, because the job that archiving starts archives everybody.</remarks>
public sealed class FinishArchiving(
    NpgsqlDataSource source, RepairQueries queries, JourneyStore journeys, ArchiveEnrollments archive, SchedulerWork work, AfterCommit after,
    Outbox outbox, Divergence divergence, TimeProvider time, ILogger<FinishArchiving> logger) : IChore
{
    const int Journeys = 100;
    const int Batch = 500;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        foreach (var journey in await queries.ListArchivedAsync(now - Overdue.Patience, Journeys, ct))
        {
            try
            {
                if (journey.IsEmpty)
                    await journeys.NoteEmptyAsync(journey.SiteId, journey.JourneyId, journey.ArchivedVersion, ct);
                else if (await IsLeftAsync(journey, now, ct))
                    await FinishAsync(journey, ct);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                logger.LogError(exception, "People of the archived journey {JourneyId} of site {SiteId} could not be archived", journey.JourneyId, journey.SiteId);
            }
        }

        return Interval;
    }

    async Task<bool> IsLeftAsync(ArchivedRow journey, DateTimeOffset now, CancellationToken ct) =>
        !(await work.IsArchivingAsync(journey.SiteId, journey.JourneyId, ct) ?? journey.ArchivedAt > now - SchedulerWork.WithoutAnswer);

    async Task FinishAsync(ArchivedRow journey, CancellationToken ct)
    {
        while (true)
        {
            var enrollments = await source.InTransactionAsync(
                async transaction =>
                {
                    await transaction.PlanAnewAsync(ct);
                    return await archive.HandleAsync(transaction, journey.SiteId, journey.JourneyId, Batch, ct);
                },
                ct);
            outbox.Wake();
            after.Announce(enrollments);
            if (enrollments.Count == 0)
                return;

            divergence.Repaired("archiving", enrollments.Count);
            logger.LogWarning(
                "{Count} people were still inside journey {JourneyId} of site {SiteId}, which was archived at {ArchivedAt}, and no job was on its way to them",
                enrollments.Count, journey.JourneyId, journey.SiteId, journey.ArchivedAt);
        }
    }
}
