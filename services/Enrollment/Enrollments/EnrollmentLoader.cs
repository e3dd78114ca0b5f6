using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Turns locked rows into enrollments that the engine can move.</summary>
public sealed class EnrollmentLoader(JourneyCatalog catalog, PersonFacts people)
{
    static readonly ILookup<Guid, HeldRow> NothingHeld = Array.Empty<HeldRow>().ToLookup(held => held.EnrollmentId);

    /// <summary>Loads versions, people and held signals: no query at all when no rule asks and nothing is held.</summary>
    /// <param name="transaction">Holds the locks.</param>
    /// <param name="rows">The locked rows.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="effort">What the call of the one person has spent on rules already; null where each person has a budget of their own.</param>
    /// <param name="needsAllHeld">False where no signal is compared with what is held: the next portion of it is enough, however much there is.</param>
    public async Task<IReadOnlyList<Enrollment>> LoadAsync(
        NpgsqlTransaction transaction, IReadOnlyList<EnrollmentRow> rows, CancellationToken ct, Effort? effort = null, bool needsAllHeld = true)
    {
        var journeys = new Dictionary<Guid, CompiledJourney>(rows.Count);
        foreach (var row in rows)
            journeys[row.EnrollmentId] = await JourneyOfAsync(row, ct);

        var persons = new Dictionary<Guid, Person>();
        foreach (var site in rows.Where(row => !row.IsSetAside).GroupBy(row => row.SiteId))
        {
            var needs = site.Select(row => journeys[row.EnrollmentId]).Distinct().Aggregate(new RuleNeeds(), (all, journey) => all.Add(journey.Needs));
            var profiles = site.DistinctBy(row => row.ProfileId).Select(ToProfile).ToList();
            foreach (var (profileId, person) in await people.LoadAsync(transaction, site.Key, profiles, needs, effort, ct))
                persons[profileId] = person;
        }

        var withHeld = rows.Where(row => row.HasHeld).ToList();
        var held = withHeld.Count == 0 ? NothingHeld : await HeldSignalStore.OfAsync(
            transaction, withHeld, needsAllHeld ? null : Enrollment.MostHeldAtOnce + 1, ct);
        return [.. rows.Select(row => new Enrollment(
            row, journeys[row.EnrollmentId], persons.GetValueOrDefault(row.ProfileId), held[row.EnrollmentId]))];
    }

    // What could not be read once must not fail everybody else who is read with it.
    async Task<CompiledJourney> JourneyOfAsync(EnrollmentRow row, CancellationToken ct)
    {
        try
        {
            var (journey, _) = await catalog.VersionAsync(row.SiteId, row.JourneyId, row.Version, ct, row.Replaced);
            // As where a version took the number of a lost one: nothing would ever move whoever stands nowhere.
            return row.Status != EnrollmentStatuses.Active || journey.Find(row.NodeId) is not null
                ? journey
                : throw new InvalidOperationException($"Version {row.Version} of journey {row.JourneyId} has no node {row.NodeId}.");
        }
        catch (Exception exception) when (row.IsSetAside && RowFault.Is(exception))
        {
            return CompiledJourney.Unreadable;
        }
    }

    static ProfileRow ToProfile(EnrollmentRow row) => new()
    {
        ProfileId = row.ProfileId,
        UserId = row.UserId,
        Traits = row.Traits,
        Context = row.Context,
        TimeZone = row.TimeZone,
    };
}
