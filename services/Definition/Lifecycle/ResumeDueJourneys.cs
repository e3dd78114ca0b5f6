using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Journeys;
using Npgsql;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Resumes the journeys whose pause has ended.</summary>
public sealed class ResumeDueJourneys(
    NpgsqlDataSource source, JourneyStore journeys, MakeMove moves, Outbox outbox, TimeProvider time, ILogger<ResumeDueJourneys> logger)
    : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        foreach (var (siteId, journeyId, resumeAt) in await journeys.ListToResumeAsync(time.GetGiven(), ct))
        {
            try
            {
                if (await ResumeAsync(siteId, journeyId, resumeAt, ct))
                {
                    logger.LogInformation(
                        "Journey {JourneyId} on site {SiteId} was paused until {ResumeTime} and is resumed", journeyId, siteId, resumeAt);
                }
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                // Continues with the others; this journey is retried in the next run.
                logger.LogError(
                    exception, "Journey {JourneyId} on site {SiteId}, paused until {ResumeTime}, could not be resumed",
                    journeyId, siteId, resumeAt);
            }
        }

        return Interval;
    }

    /// <summary>Resumes a journey, if its pause still has this end. Returns whether it was resumed.</summary>
    public async Task<bool> ResumeAsync(Guid siteId, Guid journeyId, DateTimeOffset resumeAt, CancellationToken ct)
    {
        var message = await source.InTransactionAsync(
            async transaction =>
                await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) is { } journey && journey.ResumeAt == resumeAt
                    ? (await moves.StoreAsync(transaction, journey, JourneyMove.Resume, ct)).Message
                    : null,
            ct);
        // Enrollment gets the change by message, or by a later repeat. No caller waits for its acknowledgement, and
        // other journeys are due too.
        outbox.Wake();
        return message is not null;
    }
}
