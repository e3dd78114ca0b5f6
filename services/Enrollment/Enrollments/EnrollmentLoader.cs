using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Loads what the engine needs to move locked enrollments.</summary>
public sealed class EnrollmentLoader(JourneyCatalog catalog, PersonFacts people)
{
    static readonly ILookup<Guid, HeldRow> NothingHeld = Array.Empty<HeldRow>().ToLookup(held => held.EnrollmentId);

    /// <summary>
    /// Loads versions, people and held signals. Makes no query if no rule is evaluated and nothing is held.
    /// </summary>
    /// <param name="transaction">The transaction that holds the locks.</param>
    /// <param name="rows">The locked rows.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="effort">The budget for rules that the call of one person has left; null gives each person a budget
    /// of their own.</param>
    /// <param name="needsAllHeld">False if no signal is compared with the held ones, so that loading the next batch of
    /// them is enough.</param>
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

    /// <summary>
    /// Loads an enrollment that is not locked, to find out what a signal would do to it. Returns null if that takes a
    /// query.
    /// </summary>
    public async Task<Enrollment?> TryLoadAsync(EnrollmentRow row, SiteCatalog site, Person person, CancellationToken ct)
    {
        if (row.HasHeld || row.IsSetAside)
            return null;

        var journey = await JourneyOfAsync(row, ct);
        return PersonFacts.TakesQuery(site, journey.Needs) ? null : new Enrollment(row, journey, person);
    }

    // The version of an enrollment that is set aside may be unreadable. That must not fail the others that are loaded
    // with it.
    async Task<CompiledJourney> JourneyOfAsync(EnrollmentRow row, CancellationToken ct)
    {
        try
        {
            var (journey, _) = await catalog.VersionAsync(row.SiteId, row.JourneyId, row.Version, ct, row.Replaced);
            // A node can be missing if another version took the number of a lost one. Without an error the enrollment
            // would never move.
            return row.Status != EnrollmentStatuses.Active || journey.Find(row.NodeId) is not null
                ? journey
                : throw new InvalidOperationException($"Version {row.Version} of journey {row.JourneyId} has no node {row.NodeId}.");
        }
        catch (Exception exception) when (row.IsSetAside && RowFault.Is(exception))
        {
            return CompiledJourney.Unreadable;
        }
    }

    /// <summary>Returns what an enrollment was loaded with of its person.</summary>
    internal static ProfileRow ToProfile(EnrollmentRow row) => new()
    {
        ProfileId = row.ProfileId,
        UserId = row.UserId,
        Traits = row.Traits,
        Context = row.Context,
        TimeZone = row.TimeZone,
    };
}
