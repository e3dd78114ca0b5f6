using Journeys.Engine;
using Journeys.Enrollments.Aside;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Runs in hand with what is known of their people and what is held for them.</summary>
public sealed record LoadedRuns(IReadOnlyList<Run> Runs, IReadOnlyDictionary<Guid, Person> People, ILookup<Guid, HeldRow> Held)
{
    /// <summary>The person of a run.</summary>
    public Person PersonOf(Run run) => People.GetValueOrDefault(run.Row.ProfileId) ?? Unread;

    // Of a run that is set aside. It can be stopped, and for that nothing needs to be known of the person.
    static readonly Person Unread = new() { UserId = "", FirstId = "" };
}

/// <summary>Turns locked rows into runs that the engine can move.</summary>
public sealed class RunReader(JourneyCatalog catalog, PersonReader people)
{
    static readonly ILookup<Guid, HeldRow> NothingHeld = Array.Empty<HeldRow>().ToLookup(held => held.EnrollmentId);

    /// <summary>Loads versions, people and held signals: no query at all when no rule asks and nothing is held.</summary>
    public Task<LoadedRuns> ReadAsync(NpgsqlTransaction transaction, IReadOnlyList<EnrollmentRow> rows, CancellationToken ct) =>
        ReadAsync(transaction, rows, effort: null, ct);

    /// <summary>The same, for one person whose call has spent something already.</summary>
    public async Task<LoadedRuns> ReadAsync(NpgsqlTransaction transaction, IReadOnlyList<EnrollmentRow> rows, Effort? effort, CancellationToken ct)
    {
        var runs = new List<Run>(rows.Count);
        foreach (var row in rows)
        {
            runs.Add(new Run(row, await JourneyOfAsync(row, ct)));
        }

        var persons = new Dictionary<Guid, Person>();
        foreach (var site in runs.Where(run => !run.Row.IsSetAside).GroupBy(run => run.Row.SiteId))
        {
            var needs = site.Select(run => run.Journey).Distinct().Aggregate(new RuleNeeds(), (all, journey) => all.Add(journey.Needs));
            var profiles = site.DistinctBy(run => run.Row.ProfileId).Select(run => ToProfile(run.Row)).ToList();
            foreach (var (profileId, person) in await people.LoadAsync(transaction, site.Key, profiles, needs, effort, ct))
                persons[profileId] = person;
        }

        var withHeld = rows.Where(row => row.HasHeld).ToList();
        var held = withHeld.Count == 0 ? NothingHeld : await HeldSignals.OfAsync(transaction, withHeld, ct);
        return new LoadedRuns(runs, persons, held);
    }

    // What could not be read once must not fail everybody else who is read with it.
    async Task<CompiledJourney> JourneyOfAsync(EnrollmentRow row, CancellationToken ct)
    {
        try
        {
            return (await catalog.VersionAsync(row.SiteId, row.JourneyId, row.Version, ct)).Compiled;
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
