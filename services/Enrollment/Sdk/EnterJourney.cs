using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>Enrolls one person through the SDK, once, however many calls race.</summary>
public sealed class EnterJourney(
    NpgsqlDataSource source, IdempotencyKeys keys, EnrollmentQueries queries, RequireJourney require, JourneyCatalog catalog, EnrollPeople enroll, AfterCommit after,
    RuleEffort efforts, DatabasePace pace, TimeProvider time, ILogger<EnterJourney> logger)
{
    /// <summary>The result.</summary>
    /// <param name="Journey">The version that the person is in.</param>
    /// <param name="JourneyName">The name of the journey in that version.</param>
    /// <param name="Row">The person's enrollment.</param>
    /// <param name="Created">Whether this call created it, or the first call of which this is a repeat.</param>
    public sealed record Entered(CompiledJourney Journey, string JourneyName, EnrollmentRow Row, bool Created);

    /// <summary>Enrolls the person. A repeat of the request begins no further attempt.</summary>
    public async Task<Entered> HandleAsync(PersonKey person, Guid journeyId, string properties, RequestKey? key, CancellationToken ct)
    {
        if (await keys.FindAsync(key, ct) is { } known)
            return await RepeatAsync(person, known, ct);

        efforts.RefuseOverspent(person.SiteId);
        var (admission, first) = await require.EnterAsync(
            person.SiteId, journeyId, journey => pace.TwiceAsync(person.SiteId, () => StoreAsync(person, journey, properties, key, ct), ct), ct);
        if (admission is null)
            return await RepeatAsync(person, first!, ct);

        if (admission.Enrollment is { } enrollment)
            after.Announce([enrollment]);
        return await DescribeAsync(admission.Row!, admission.Created, ct);
    }

    // Returns either the admission, or the answer to the first call with the key.
    Task<(EnrollPeople.Admission? Admission, FirstAnswer? First)> StoreAsync(
        PersonKey person, LiveJourney journey, string properties, RequestKey? key, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                try
                {
                    return await StoreAsync(transaction, person, journey, properties, key, ct);
                }
                // Caught inside the transaction, because after the commit the person is enrolled and a failure is no
                // refusal.
                catch (Exception failure) when (RowFault.Is(failure))
                {
                    logger.LogError(failure, "A person of site {SiteId} cannot be enrolled in journey {JourneyId}", person.SiteId, journey.JourneyId);
                    throw EnrollPeople.RefusalOf(failure);
                }
            },
            ct);

    async Task<(EnrollPeople.Admission? Admission, FirstAnswer? First)> StoreAsync(
        NpgsqlTransaction transaction, PersonKey person, LiveJourney journey, string properties, RequestKey? key, CancellationToken ct)
    {
        if (await keys.ClaimAsync(transaction, key, [], ct) is { } racing)
            return (null, racing);

        var now = time.GetUtcNow();
        var profile = await ProfileStore.LockAsync(transaction, person, now, ct);
        if (profile.UserId.Length == 0 && !journey.Design.AllowAnonymous)
            throw new Refused("ANONYMOUS_NOT_ALLOWED", "Only identified users can enter this journey.");
        await Availability.RequireOpenAsync(transaction, journey, ct);

        var admissions = await enroll.HandleAsync(
            transaction, new(journey, EntrySources.Sdk, "sdk", Properties: properties), [profile], ct);
        if (admissions is not [{ Row.EnrollmentId: var enrollmentId } only])
            throw EnrollPeople.ExitRuleHolds();
        await keys.NoteAsync(transaction, key, only.Created ? new([enrollmentId], []) : new([], [enrollmentId]), ct);
        return (only, null);
    }

    async Task<Entered> RepeatAsync(PersonKey person, FirstAnswer first, CancellationToken ct)
    {
        var rows = await queries.ListByIdAsync(person.SiteId, [.. first.Made, .. first.Found], ct);
        if (rows is not [var row])
            throw new NotFound("enrollment", $"of {person.FirstId}");
        person.RequireProof(row.UserId);
        return await DescribeAsync(row, first.Made.Length > 0, ct);
    }

    async Task<Entered> DescribeAsync(EnrollmentRow row, bool created, CancellationToken ct)
    {
        var (compiled, name) = await catalog.ReadableVersionAsync(row.SiteId, row.JourneyId, row.Version, ct);
        return new Entered(compiled, name, row, created);
    }
}
