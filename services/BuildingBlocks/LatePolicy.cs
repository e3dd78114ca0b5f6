using Google.Protobuf.WellKnownTypes;
using Journeys.Protos;
using Proto = Journeys.Protos.Definition.V1.Journey.Types;

namespace Journeys.BuildingBlocks;

/// <summary>How a resume handles late people, as tables store it. Null means that they catch up.</summary>
/// <param name="Late">`SKIP` or `EXIT`.</param>
/// <param name="After">
/// How long before the resume the wait of a person must have ended, at least, for the person to count as late.
/// </param>
public sealed record LatePolicy(string Late, TimeSpan After)
{
    /// <summary>Reads the policy of a request or a message; null when late people catch up.</summary>
    /// <exception cref="InvalidInput">The policy is unknown, or its time span is not from 0 to 400 days.</exception>
    public static LatePolicy? Read(Proto.PausePolicy? policy)
    {
        if (policy is null)
            return null;
        if (policy.Late == Proto.PausePolicy.Types.Late.Unspecified || !System.Enum.IsDefined(policy.Late))
            throw new InvalidInput("policy.late", "must be CATCH_UP, SKIP or EXIT.");
        if (policy.LateAfter is { } given && (given.Nanos is < 0 or > 999_999_999 || given.CompareTo(new()) < 0 || given.CompareTo(TimeSpan.FromDays(Limits.PauseDays).ToDuration()) > 0))
            throw new InvalidInput("policy.lateAfter", $"must be from 0 seconds to {Limits.PauseDays} days.");

        return policy.Late is Proto.PausePolicy.Types.Late.Skip or Proto.PausePolicy.Types.Late.Exit
            ? new(policy.Late.Text(), policy.LateAfter?.ToTimeSpan() ?? TimeSpan.Zero)
            : null;
    }

    /// <summary>Reads the policy of two columns.</summary>
    public static LatePolicy? Of(string? late, TimeSpan? after) => late is null ? null : new(late, after ?? TimeSpan.Zero);

    /// <summary>Returns the policy as a message.</summary>
    public Proto.PausePolicy ToProto() => new() { Late = EnumText.Parse<Proto.PausePolicy.Types.Late>(Late), LateAfter = After.ToDuration() };
}
