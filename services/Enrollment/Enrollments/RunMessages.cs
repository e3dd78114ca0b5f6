using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments;

/// <summary>What others learn of the runs that one transaction moved: batches by shape, up to 500 items each.</summary>
public static class RunMessages
{
    const int MaxItems = 500;

    /// <summary>Whether a run has something to tell.</summary>
    public static bool Concern(Run run) =>
        run.WantsTimer || run.DropsTimer || run.IsUnsaved || run.HasEnded("COMPLETED") || run.HasEnded("STOPPED") || run.HasEnded("ARCHIVED");

    /// <summary>Drops whatever timers these visits have.</summary>
    public static IEnumerable<IMessage> Cancel(Guid siteId, IReadOnlyList<VisitRow> visits) => visits.Chunk(MaxItems).Select(some => new Proto.TimersCancelled
    {
        Timers = { some.Select(visit => new Proto.Timer { SiteId = siteId.ToString(), EnrollmentId = visit.EnrollmentId.ToString(), VisitNo = visit.VisitNo }) },
    });

    /// <summary>All messages; none when nothing is worth telling.</summary>
    public static IEnumerable<IMessage> Of(IReadOnlyCollection<Run> runs)
    {
        foreach (var some in runs.Where(run => run.WantsTimer).Chunk(MaxItems))
            yield return new Proto.TimersRequested { Timers = { some.Select(run => ToTimer(run.Row, run.Row.VisitNo, run.TimerDueAt)) } };

        foreach (var some in runs.Where(run => run.DropsTimer).Chunk(MaxItems))
            yield return new Proto.TimersCancelled { Timers = { some.Select(run => ToTimer(run.Saved!, run.Saved!.VisitNo, null)) } };

        foreach (var (siteId, some) in BySite(runs.Where(run => run.IsUnsaved)))
            yield return new Proto.EnrollmentStarted { SiteId = siteId, Enrollments = { some.Select(run => ToFact(run.Row, run.Row.EnteredAt)) } };

        foreach (var (siteId, some) in BySite(runs.Where(run => run.HasEnded("COMPLETED"))))
            yield return new Proto.EnrollmentCompleted { SiteId = siteId, Enrollments = { some.Select(run => ToFact(run.Row, run.Row.EndedAt!.Value)) } };

        foreach (var (siteId, some) in BySite(runs.Where(run => run.HasEnded("STOPPED"))))
            yield return new Proto.EnrollmentStopped { SiteId = siteId, Enrollments = { some.Select(run => ToFact(run.Row, run.Row.EndedAt!.Value)) } };

        // It may have ended before it was merged, so its time is that of the archiving.
        foreach (var (siteId, some) in BySite(runs.Where(run => run.HasEnded("ARCHIVED"))))
            yield return new Proto.EnrollmentArchived { SiteId = siteId, Enrollments = { some.Select(run => ToFact(run.Row, run.Row.UpdatedAt)) } };
    }

    static IEnumerable<(string SiteId, Run[] Runs)> BySite(IEnumerable<Run> runs) =>
        runs.GroupBy(run => run.Row.SiteId).SelectMany(site => site.Chunk(MaxItems).Select(some => (site.Key.ToString(), some)));

    static Proto.Timer ToTimer(EnrollmentRow row, int visitNo, DateTimeOffset? dueAt) => new()
    {
        SiteId = row.SiteId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        EnrollmentId = row.EnrollmentId.ToString(),
        VisitNo = visitNo,
        DueTime = dueAt?.ToTimestamp(),
    };

    static Proto.EnrollmentFact ToFact(EnrollmentRow row, DateTimeOffset at) => new()
    {
        EnrollmentId = row.EnrollmentId.ToString(),
        JourneyId = row.JourneyId.ToString(),
        JourneyVersion = row.Version,
        UserId = row.UserId,
        AnonymousId = row.AnonymousId,
        Attempt = row.Attempt,
        Outcome = row.Outcome,
        StopReason = row.StopReason,
        Time = at.ToTimestamp(),
        MergedIntoId = row.MergedIntoId?.ToString() ?? "",
    };
}
