using Journeys.BuildingBlocks;
using Journeys.Definitions.Journeys;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Resumes the journeys whose pause has ended.</summary>
public sealed class ResumeJourneys(JourneyStore journeys, MoveJourney move, TimeProvider time, ILogger<ResumeJourneys> logger) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        foreach (var (siteId, journeyId, resumeAt) in await journeys.ListToResumeAsync(time.GetGiven(), ct))
        {
            try
            {
                if (await move.ResumeInTimeAsync(siteId, journeyId, resumeAt, ct))
                    logger.LogInformation("Journey {JourneyId} on site {SiteId} was paused until {ResumeTime} and is resumed", journeyId, siteId, resumeAt);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                // Continues with the others; this journey is retried in the next run.
                logger.LogError(exception, "Journey {JourneyId} on site {SiteId}, paused until {ResumeTime}, could not be resumed", journeyId, siteId, resumeAt);
            }
        }

        return Interval;
    }
}
