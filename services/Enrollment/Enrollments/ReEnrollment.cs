using Journeys.Enrollments.Journeys;
using Policy = Journeys.Protos.Definition.V1.Journey.Types.ReEnrollment;

namespace Journeys.Enrollments;

/// <summary>Decides whether somebody may begin an attempt.</summary>
public static class ReEnrollment
{
    /// <summary>The number of the attempt that may begin now; null when the person keeps the enrollment they have.</summary>
    /// <param name="latest">The person's newest attempt; null for the first.</param>
    /// <param name="journey">The journey as published.</param>
    /// <param name="now">When the new attempt would begin.</param>
    public static int? NextAttempt(EnrollmentRow? latest, LiveJourney journey, DateTimeOffset now)
    {
        if (latest is null)
            return 1;
        if (latest.EndedAt is not { } endedAt || now < endedAt + journey.Cooldown)
            return null;

        return AllowsReturn(latest, journey) ? latest.Attempt + 1 : null;
    }

    /// <summary>Whether the journey lets somebody come back from how their newest attempt ended.</summary>
    public static bool AllowsReturn(EnrollmentRow latest, LiveJourney journey) => journey.ReEnrollment switch
    {
        Policy.Always => true,
        // Somebody whose run was archived left early too.
        Policy.AfterEarlyExit => latest.Status is "STOPPED" or "ARCHIVED",
        _ => false,
    };

    /// <summary>The policy as the contract spells it.</summary>
    public static string NameOf(LiveJourney journey) => journey.ReEnrollment switch
    {
        Policy.Always => "ALWAYS",
        Policy.AfterEarlyExit => "AFTER_EARLY_EXIT",
        _ => "NEVER",
    };
}
