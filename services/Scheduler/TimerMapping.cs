using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling;

/// <summary>Reads timers of messages.</summary>
static class TimerMapping
{
    public static TimerRow ToRow(Proto.Timer timer) => new()
    {
        SiteId = Guid.Parse(timer.SiteId),
        JourneyId = timer.JourneyId.Length > 0 ? Guid.Parse(timer.JourneyId) : default,
        EnrollmentId = Guid.Parse(timer.EnrollmentId),
        VisitNo = timer.VisitNo,
        DueAt = timer.DueTime?.ToDateTimeOffset() ?? default,
        ChangedAt = timer.ChangeTime?.ToDateTimeOffset(),
    };
}
