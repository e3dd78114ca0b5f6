using Google.Protobuf.WellKnownTypes;
using Journeys.Protos;
using Proto = Journeys.Protos.Definition.V1.Journey.Types;

namespace Journeys.BuildingBlocks;

/// <summary>
/// How a resume treats the people inside, as tables store it. Null means that everything is as by default.
/// </summary>
/// <param name="Timers">`FREEZE`; null if waits run on.</param>
/// <param name="Late">`SKIP` or `EXIT`; null if late people catch up.</param>
/// <param name="LateAfter">
/// How long before the resume the wait of a person must have ended, at least, for the person to count as late; null if
/// late people catch up.
/// </param>
/// <param name="ReleasePerSecond">
/// At most how many people a second continue whose wait ended during the pause; null for as many as is configured.
/// </param>
public sealed record PausePolicy(string? Timers, string? Late, TimeSpan? LateAfter, int? ReleasePerSecond)
{
    /// <summary>Whether waits stop during the pause.</summary>
    public bool Freezes => Timers is not null;

    /// <summary>Reads the policy of a request or a message; null when everything is as by default.</summary>
    /// <exception cref="InvalidInput">The policy is unknown, or a number is out of range.</exception>
    public static PausePolicy? Read(Proto.PausePolicy? policy)
    {
        if (policy is null)
            return null;
        if (!System.Enum.IsDefined(policy.Timers))
            throw new InvalidInput("policy.timers", "must be RUN_AND_HOLD or FREEZE.");
        var saysNothing = policy.Timers == Proto.PausePolicy.Types.Timers.Unspecified && !policy.HasReleasePerSecond;
        if (!System.Enum.IsDefined(policy.Late) || (policy.Late == Proto.PausePolicy.Types.Late.Unspecified && saysNothing))
        {
            throw new InvalidInput("policy.late", "must be CATCH_UP, SKIP or EXIT.");
        }

        var most = TimeSpan.FromDays(Limits.PauseDays).ToDuration();
        if (policy.LateAfter is { } after
            && (after.Nanos is < 0 or > 999_999_999 || after.CompareTo(new()) < 0 || after.CompareTo(most) > 0))
        {
            throw new InvalidInput("policy.lateAfter", $"must be from 0 seconds to {Limits.PauseDays} days.");
        }

        var isLate = policy.Late is Proto.PausePolicy.Types.Late.Skip or Proto.PausePolicy.Types.Late.Exit;
        return Of(
            policy.Timers == Proto.PausePolicy.Types.Timers.Freeze ? policy.Timers.Text() : null,
            isLate ? policy.Late.Text() : null,
            isLate ? policy.LateAfter?.ToTimeSpan() ?? TimeSpan.Zero : null,
            policy.HasReleasePerSecond ? Check.Range(policy.ReleasePerSecond, 1, Limits.PeoplePerSecond, "policy.releasePerSecond") : null);
    }

    /// <summary>
    /// Reads the policy of a resume: what it does not say of waits and of late people is as the pause says, so that a
    /// client of before, which does not know a field, changes nothing by it. A rate that it does not say is none.
    /// </summary>
    /// <exception cref="InvalidInput">The policy is unknown, or a number is out of range.</exception>
    public static PausePolicy? OfResume(Proto.PausePolicy policy, PausePolicy? ofPause)
    {
        var given = Read(policy);
        var saysLate = policy.Late != Proto.PausePolicy.Types.Late.Unspecified;
        return Of(
            policy.Timers == Proto.PausePolicy.Types.Timers.Unspecified ? ofPause?.Timers : given?.Timers,
            saysLate ? given?.Late : ofPause?.Late,
            saysLate ? given?.LateAfter : ofPause?.LateAfter,
            given?.ReleasePerSecond);
    }

    /// <summary>Reads the policy of four columns.</summary>
    public static PausePolicy? Of(string? timers, string? late, TimeSpan? lateAfter, int? releasePerSecond) =>
        timers is null && late is null && releasePerSecond is null
            ? null
            : new(timers, late, late is null ? null : lateAfter ?? TimeSpan.Zero, releasePerSecond);

    /// <summary>Returns the policy as a message.</summary>
    public Proto.PausePolicy ToProto()
    {
        var policy = new Proto.PausePolicy
        {
            Timers = Timers is null ? Proto.PausePolicy.Types.Timers.RunAndHold : EnumText.Parse<Proto.PausePolicy.Types.Timers>(Timers),
            Late = Late is null ? Proto.PausePolicy.Types.Late.CatchUp : EnumText.Parse<Proto.PausePolicy.Types.Late>(Late),
            LateAfter = (LateAfter ?? TimeSpan.Zero).ToDuration(),
        };
        if (ReleasePerSecond is { } rate)
            policy.ReleasePerSecond = rate;
        return policy;
    }
}
