using System.Diagnostics;

namespace Journeys.BuildingBlocks;

/// <summary>
/// The points between two writes that no transaction covers together. A crash at any of them must neither lose nor
/// repeat anything.
/// </summary>
public enum CrashPoint
{
    /// <summary>The relay has claimed messages of the outbox and published none of them.</summary>
    OutboxTaken,

    /// <summary>The broker has confirmed messages that are still in the outbox.</summary>
    OutboxPublished,

    /// <summary>A message was handled, but not acknowledged to the broker.</summary>
    MessageHandled,

    /// <summary>A failed message was stored in the database, but not acknowledged to the broker.</summary>
    MessageKept,

    /// <summary>Stored messages were claimed for a retry, and no retry has begun.</summary>
    RetryTaken,

    /// <summary>A stored message was retried, and the result is not recorded.</summary>
    RetryTried,

    /// <summary>A message of an error queue was stored in the database, but not acknowledged to the broker.</summary>
    ErrorQueueKept,

    /// <summary>A journey or an audience was changed, and Enrollment was not notified.</summary>
    ChangeCommitted,

    /// <summary>Enrollment has acknowledged a change, and the acknowledgement is not recorded.</summary>
    ChangeAcknowledged,

    /// <summary>
    /// Enrollment has recorded that a site was halted or resumed, but not applied it to the site's journeys.
    /// </summary>
    HaltNoted,

    /// <summary>
    /// The Scheduler has recorded that a site was halted or resumed, but not applied it to the site's journeys.
    /// </summary>
    SchedulerHaltNoted,

    /// <summary>
    /// A copy counts as older than every change, because Definition does not know its newest one, and nothing is applied
    /// again.
    /// </summary>
    CopyDistrusted,

    /// <summary>
    /// A distrusted copy is at Definition's newest change of a journey, and the changes before that are not applied
    /// again.
    /// </summary>
    NewestTakenBack,

    /// <summary>People were moved or enrolled, and the caller has not received the answer.</summary>
    EnrollmentsCommitted,

    /// <summary>A request to enroll a list, or people by a rule, was stored under its key, and its job is not started.</summary>
    ListClaimed,

    /// <summary>A stop of many people was stored, and its job is not started.</summary>
    StopClaimed,

    /// <summary>The undo of a stop was stored, and its job is not started.</summary>
    UndoClaimed,

    /// <summary>A person is erased, and the job that removes the rows is not started.</summary>
    ErasureCommitted,

    /// <summary>The job of an erasure is started, and the start is not recorded.</summary>
    ErasureStarted,

    /// <summary>A simulation was claimed, and has not begun.</summary>
    SimulationTaken,

    /// <summary>A simulation was run, and its result is not stored.</summary>
    SimulationRun,

    /// <summary>Due timers are published, but not yet deleted.</summary>
    TimersPublished,

    /// <summary>The timers of a resumed journey are published, but not yet deleted.</summary>
    ParkedPublished,

    /// <summary>The Scheduler has started the job that archives people, and their timers are not yet deleted.</summary>
    ArchiveStarted,

    /// <summary>A call was recorded in the audit log, and is not made yet.</summary>
    AuditBegun,

    /// <summary>An audited call was made, and its result is not recorded in the audit log.</summary>
    AuditedCallMade,

    /// <summary>A link of an invitation or for a new password was sent, and the hash of its token is not stored.</summary>
    LinkSent,
}

/// <summary>
/// Ends the process at a <see cref="CrashPoint"/>, as SIGKILL does, when the environment variable `JOURNEYS_CRASH_AT`
/// names the point. Only tests set the variable.
/// </summary>
public static class Crash
{
    /// <summary>The environment variable that names the point to crash at.</summary>
    public const string Variable = "JOURNEYS_CRASH_AT";

    static readonly CrashPoint? Armed =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } name ? Enum.Parse<CrashPoint>(name) : null;

    /// <summary>
    /// Notifies a simulation, if one runs, and kills the process if the environment variable names this point.
    /// </summary>
    public static void At(CrashPoint point)
    {
        Simulated.AtCrashPoint?.Invoke(point);
        if (point != Armed)
            return;

        Process.GetCurrentProcess().Kill();
        // The kill signal takes effect asynchronously, so this thread must do nothing more.
        Thread.Sleep(Timeout.Infinite);
    }
}
