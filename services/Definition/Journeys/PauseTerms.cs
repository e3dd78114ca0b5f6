using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Journeys;

/// <summary>Why a journey is paused, until when (without a time, until somebody resumes it), and how it treats late people when it resumes.</summary>
public sealed record PauseTerms(string Reason, DateTimeOffset? ResumeAt, LatePolicy? Late)
{
    /// <summary>What a request says.</summary>
    /// <exception cref="InvalidInput">The reason is too long, or the policy is none.</exception>
    public static PauseTerms Read(string reason, Timestamp? resumeTime, Journey.Types.PausePolicy? policy) =>
        new(Check.Text(reason, 0, Limits.Note, "reason"), resumeTime?.ToDateTimeOffset().ToStored(), LatePolicy.Read(policy));

    /// <summary>Refuses a time that is not ahead. A repeat of the call that paused is not asked again.</summary>
    /// <exception cref="InvalidInput">It is not within the next 400 days.</exception>
    public PauseTerms CheckedAt(DateTimeOffset now)
    {
        if (ResumeAt <= now)
            throw new InvalidInput("resumeTime", "must be in the future.");
        if (ResumeAt > now.AddDays(Limits.PauseDays))
            throw new InvalidInput("resumeTime", $"must be at most {Limits.PauseDays} days from now.");

        return this;
    }
}
