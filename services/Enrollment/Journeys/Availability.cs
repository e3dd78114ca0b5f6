using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Decides whether a journey accepts people now: only while it is published.</summary>
public static class Availability
{
    /// <summary>Returns the refusal for entering a journey with this status; null when it accepts people.</summary>
    /// <param name="status">The status; null when it was never published.</param>
    /// <param name="isHalted">Whether it is paused only because its site is halted.</param>
    public static Refused? RefusalOf(string? status, bool isHalted = false) => status switch
    {
        JourneyStatuses.Published => null,
        JourneyStatuses.Paused when isHalted => new Refused("SITE_HALTED", "The site is halted; nobody can enter its journeys until an admin resumes it."),
        JourneyStatuses.Paused => new Refused("JOURNEY_PAUSED", "The journey is paused; nobody can enter until it is resumed."),
        JourneyStatuses.Archived => new Refused("JOURNEY_ARCHIVED", "The journey is archived."),
        _ => new Refused("JOURNEY_NOT_PUBLISHED", "The journey is not published."),
    };

    /// <summary>
    /// Whether a journey accepts people. If it does, a pause, an archiving or a halt of its site waits until the
    /// transaction ends.
    /// </summary>
    /// <remarks>
    /// Called inside the transaction that enrolls people, because the catalog in memory may be slightly outdated.
    /// </remarks>
    public static async Task<bool> HoldOpenAsync(NpgsqlTransaction transaction, LiveJourney journey, CancellationToken ct) =>
        await RefusalAsync(transaction, journey, ct) is null;

    /// <summary>
    /// Returns if the journey accepts people, and then keeps it open until the transaction ends; throws otherwise.
    /// </summary>
    /// <exception cref="Refused">Reason JOURNEY_PAUSED, SITE_HALTED, JOURNEY_ARCHIVED or JOURNEY_NOT_PUBLISHED.</exception>
    /// <exception cref="NotYet">The journey accepts people, but this version was archived in the meantime.</exception>
    public static async Task RequireOpenAsync(NpgsqlTransaction transaction, LiveJourney journey, CancellationToken ct)
    {
        if (await RefusalAsync(transaction, journey, ct) is { } refused)
            throw refused;
    }

    /// <summary>
    /// Returns the refusal; null when the journey accepts people, and then keeps it open until the transaction ends.
    /// </summary>
    public static async Task<Refused?> RefusalAsync(NpgsqlTransaction transaction, LiveJourney journey, CancellationToken ct)
    {
        var held = await JourneyLockStore.HoldAsync(transaction, journey.SiteId, journey.JourneyId, ct);
        if (RefusalOf(held?.Status, held is { IsHalted: true }) is { } refused)
            return refused;

        // An enrollment in such a version would count as archived immediately.
        return journey.Version > held!.ArchivedVersion
            ? null
            : throw new NotYet($"Version {journey.Version} of journey {journey.JourneyId} was archived after it was read.");
    }
}
