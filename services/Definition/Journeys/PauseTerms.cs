using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;

namespace Journeys.Definitions.Journeys;

/// <summary>
/// The reason of a pause, its end (null for a pause until a call resumes it), and the policy of the resume.
/// </summary>
public sealed record PauseTerms(string Reason, DateTimeOffset? ResumeAt, PausePolicy? Policy)
{
    /// <summary>Reads the terms of a request.</summary>
    /// <exception cref="InvalidInput">The reason is too long, or the policy is invalid.</exception>
    public static PauseTerms Read(string reason, Timestamp? resumeTime, Journey.Types.PausePolicy? policy) =>
        new(Check.Text(reason, 0, Limits.Note, "reason"), resumeTime?.ToDateTimeOffset().ToStored(), PausePolicy.Read(policy));

    /// <summary>Refuses an end that is in the past. A repeat of the call that paused is not checked again.</summary>
    /// <exception cref="InvalidInput">The end is not within the next 400 days.</exception>
    public PauseTerms CheckedAt(DateTimeOffset now)
    {
        if (ResumeAt <= now)
            throw new InvalidInput("resumeTime", "must be in the future.");
        if (ResumeAt > now.AddDays(Limits.PauseDays))
            throw new InvalidInput("resumeTime", $"must be at most {Limits.PauseDays} days from now.");

        return this;
    }
}
