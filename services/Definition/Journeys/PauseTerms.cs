using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;

namespace Journeys.Definitions.Journeys;

/// <summary>Why a journey is paused, and until when; without a time, until somebody resumes it.</summary>
public sealed record PauseTerms(string Reason, DateTimeOffset? ResumeAt)
{
    // Who writes a later time has most likely mistyped the year.
    const int MostDays = 400;

    /// <summary>What a request says.</summary>
    /// <exception cref="InvalidInput">The reason is too long.</exception>
    public static PauseTerms Read(string reason, Timestamp? resumeTime) =>
        new(Check.Text(reason, 0, Limits.Note, "reason"), resumeTime?.ToDateTimeOffset().ToStored());

    /// <summary>Refuses a time that is not ahead. A repeat of the call that paused is not asked again.</summary>
    /// <exception cref="InvalidInput">It is not within the next 400 days.</exception>
    public PauseTerms CheckedAt(DateTimeOffset now)
    {
        if (ResumeAt <= now)
            throw new InvalidInput("resumeTime", "must be in the future.");
        if (ResumeAt > now.AddDays(MostDays))
            throw new InvalidInput("resumeTime", $"must be at most {MostDays} days from now.");

        return this;
    }
}
