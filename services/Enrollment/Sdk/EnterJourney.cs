using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Lets one person in by the SDK, once, however many calls race.</summary>
public sealed class EnterJourney(
    NpgsqlDataSource source, RequireJourney require, JourneyCatalog catalog, EnrollPeople enroll, AdvanceEnrollments advance, TimeProvider time)
{
    public async Task<(CompiledJourney Journey, string JourneyName, EnrollPeople.Admission Admission)> HandleAsync(PersonKey person, Guid journeyId, CancellationToken ct)
    {
        var journey = await require.TakingPeopleAsync(person.SiteId, journeyId, ct);

        var admission = await source.InTransactionAsync(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var profile = await ProfileStore.LockAsync(transaction, person, now, ct);
                await Erasure.RefuseErasedAsync(transaction, person, ct);
                if (profile.UserId.Length == 0 && !journey.Design.AllowAnonymous)
                    throw new Refused("ANONYMOUS_NOT_ALLOWED", "The journey takes identified users only.");
                await RequirePublishedAsync(transaction, journey, ct);

                var admissions = await enroll.HandleAsync(
                    transaction, new(journey, "SDK", "sdk"), [profile], ct);
                return admissions[0];
            },
            ct);

        if (admission.Run is { } run)
            advance.Tell([run]);
        var (compiled, version) = await catalog.VersionAsync(person.SiteId, journeyId, admission.Row.Version, ct);
        return (compiled, version.Design.Name, admission);
    }

    /// <summary>Looks again inside the transaction: a pause or an archiving that came meanwhile counts, one that comes now waits.</summary>
    public static async Task RequirePublishedAsync(NpgsqlTransaction transaction, LiveJourney journey, CancellationToken ct)
    {
        var now = await JourneyStore.HoldJourneyAsync(transaction, journey.SiteId, journey.JourneyId, ct);
        if (now?.Status != "PUBLISHED")
            throw new Refused(now?.Status == "PAUSED" ? "JOURNEY_PAUSED" : "JOURNEY_ARCHIVED", "The journey takes nobody now.");
    }
}
