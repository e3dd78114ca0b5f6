using System.Diagnostics;

namespace Journeys.BuildingBlocks;

/// <summary>The places between two writes that no transaction holds together. A crash at any of them must lose and repeat nothing.</summary>
public enum CrashPoint
{
    /// <summary>Messages of the outbox are taken, and none of them is published.</summary>
    OutboxTaken,

    /// <summary>The broker has confirmed messages that are still in the outbox.</summary>
    OutboxPublished,

    /// <summary>A message was handled, and the broker does not know.</summary>
    MessageHandled,

    /// <summary>A message that failed is kept in the database, and the broker does not know.</summary>
    MessageKept,

    /// <summary>Kept messages are taken to be tried again, and none of them was.</summary>
    RetryTaken,

    /// <summary>A kept message was tried again, and that is not noted.</summary>
    RetryTried,

    /// <summary>A message of an error queue is kept in the database, and the broker does not know.</summary>
    ErrorQueueKept,

    /// <summary>A journey or an audience was changed, and Enrollment was not told.</summary>
    ChangeCommitted,

    /// <summary>Enrollment has acknowledged a change, and that is not noted.</summary>
    ChangeAcknowledged,

    /// <summary>Enrollment knows that a site was halted or resumed, and the site's journeys do not.</summary>
    HaltNoted,

    /// <summary>People were moved or enrolled, and the caller has no answer.</summary>
    EnrollmentsCommitted,

    /// <summary>A request to enroll a list is known by its key, and its job is not started.</summary>
    ListClaimed,

    /// <summary>A stop of many people is known, and its job is not started.</summary>
    StopClaimed,

    /// <summary>A person is erased, and the job that removes the rows is not started.</summary>
    ErasureCommitted,

    /// <summary>The job of an erasure is started, and that is not noted.</summary>
    ErasureStarted,

    /// <summary>A simulation is taken, and is not begun.</summary>
    SimulationTaken,

    /// <summary>A simulation was run, and what came of it is not stored.</summary>
    SimulationRun,

    /// <summary>Due timers are published and still kept.</summary>
    TimersPublished,

    /// <summary>The timers of a resumed journey are published and still kept.</summary>
    ParkedPublished,

    /// <summary>The Scheduler has started the job that archives people, and their timers are still kept.</summary>
    ArchiveStarted,

    /// <summary>A call is written down in the audit log, and not made.</summary>
    AuditBegun,

    /// <summary>A call of the audit log was made, and how it went is not written down.</summary>
    AuditedCallMade,
}

/// <summary>Ends the process at a <see cref="CrashPoint"/>, as SIGKILL does, when the environment variable `JOURNEYS_CRASH_AT` names it. Only tests set that.</summary>
public static class Crash
{
    /// <summary>The environment variable that arms one point.</summary>
    public const string Variable = "JOURNEYS_CRASH_AT";

    static readonly CrashPoint? Armed =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name ? Enum.Parse<CrashPoint>(name) : null;

    /// <summary>Informs a simulation, if one runs, and kills the process if this point is armed.</summary>
    public static void At(CrashPoint point)
    {
        Simulated.AtCrashPoint?.Invoke(point);
        if (point != Armed)
            return;

        Process.GetCurrentProcess().Kill();
        // The signal is on its way; nothing else may happen on this thread.
        Thread.Sleep(Timeout.Infinite);
    }
}
