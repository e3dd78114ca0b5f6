using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Journeys.EngineContracts;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>
/// Why a simulation cannot be run: all problems at once, each with its field as the public JSON spells it.
/// </summary>
/// <param name="Reason">`GRAPH_INVALID`, `POPULATION_EMPTY` or `INVALID_INPUT`.</param>
/// <param name="Problems">The problems.</param>
public sealed record Unfit(string Reason, IReadOnlyList<Problem> Problems);

/// <summary>Validates the input of a simulation before it runs.</summary>
public sealed partial class SimulationCheck
{
    /// <summary>Maximum number of people, unless the caller sets another limit.</summary>
    public const int MostPeople = 1_000_000;

    const int MostPopulationBytes = 256 * 1024;
    const int MostBehaviorBytes = 256 * 1024;
    const int MostDays = 400;
    const int MostOfAKind = 100;
    const int MostContents = 600;
    const int MostTimelines = 1_000;
    const int MostName = 255;

    readonly List<Problem> problems = [];
    readonly SimulationInput input;
    readonly JourneyGraph graph;

    SimulationCheck(SimulationInput input)
    {
        this.input = input;
        graph = DesignReader.ReadGraph(input.Design.Graph, []);
    }

    /// <summary>Returns the problems of the input; null when there are none.</summary>
    public static Unfit? FaultsOf(SimulationInput input, int mostPeople = MostPeople)
    {
        if (Designs(input) is { Count: > 0 } unfit)
            return new("GRAPH_INVALID", unfit);

        var check = new SimulationCheck(input);
        check.Population(mostPeople);
        check.Behavior(input.Request.Behavior ?? new());
        check.Times();
        check.Assertions();
        if (check.problems.Count == 0)
            return null;

        var isEmpty = check.problems is [{ Code: "POPULATION_EMPTY" }];
        return new(isEmpty ? "POPULATION_EMPTY" : "INVALID_INPUT", check.problems);
    }

    // Checks the designs as at a publication, and also what is checked when a draft is saved.
    static List<Problem> Designs(SimulationInput input)
    {
        var found = new List<Problem>();
        var rules = new Dictionary<Guid, Rule>();
        foreach (var (i, audience) in input.Audiences.Index())
        {
            var rule = RuleReader.Read(audience.Rule);
            var faults = RuleValidator.Validate(rule, RuleScope.Person, $"audiences[{i}].rule");
            found.AddRange(faults);
            if (!Guid.TryParseExact(audience.Id, "D", out var id))
                found.Add(new("INVALID_ID", $"audiences[{i}].id", "must be a UUID."));
            else if (!rules.TryAdd(id, rule!))
                found.Add(new("DUPLICATE_ID", $"audiences[{i}].id", "must be unique; another audience has the same id."));
        }

        if (found.Count > 0)
            return found;

        foreach (var (path, design) in new[] { ("", input.Design), ("baseline.", input.Baseline) })
        {
            if (design is null)
                continue;

            var faults = PublicationCheck.ProblemsOf(design, rules).ToList();
            if (design.AudienceId.Length > 0 && !Guid.TryParseExact(design.AudienceId, "D", out _))
                faults.Add(new("INVALID_ID", "audienceId", "must be a UUID or empty."));
            if (design.ReEnrollmentCooldown is { } cooldown && !IsSpan(cooldown))
                faults.Add(new("OUT_OF_RANGE", "reEnrollmentCooldown", "must be from 0 to 10 years."));
            if (design.Goal?.Deadline is { } deadline && !IsSpan(deadline))
                faults.Add(new("OUT_OF_RANGE", "goal.deadline", "must be from 0 to 10 years."));
            if (design.TimeZone.Length > 0 && Calendar.Find(design.TimeZone) is null)
                faults.Add(new("INVALID_ZONE", "timeZone", "must be an IANA time zone such as Europe/Berlin, or an offset such as +02:00."));
            if (faults.Count == 0)
            {
                faults.AddRange(DesignReader.Compile(input.JourneyId, design).Needs.WithAudiences(id => rules.TryGetValue(id, out var rule) ? RuleNeeds.Of(rule) : null)
                    .Audiences.Where(id => !rules.ContainsKey(id)).Select(id => new Problem("UNKNOWN_AUDIENCE", "graph", $"names the audience {id}, which is missing from `audiences`.")));
            }

            found.AddRange(faults.Select(fault => fault with { Field = path + fault.Field }));
        }

        return found;
    }

    static bool IsSpan(Duration span) => span.Seconds >= 0 && span.Nanos >= 0 && span.Seconds <= Dates.TenYears.TotalSeconds;

    // Returns whether the condition holds. Parts that are too large are not checked further, so that a refusal costs no
    // more than an accepted simulation.
    bool Require(bool holds, string field, string message, string code = "INVALID_INPUT")
    {
        if (!holds)
            problems.Add(new(code, field, message));
        return holds;
    }

    void Population(int most)
    {
        if (input.Request.Population?.Invented is not { } people)
        {
            Require(false, "population.invented", "is required.");
            return;
        }

        if (!Require(people.CalculateSize() <= MostPopulationBytes, "population", "must be at most 256 KiB."))
            return;
        if (people.People == 0)
            Require(false, "population.invented.people", "must be at least 1.", "POPULATION_EMPTY");
        else
            Require(people.People is > 0 && people.People <= most, "population.invented.people", $"must be from 1 to {most:N0}.");
        Generators(people.Traits, "population.invented.traits");
        Texts(people.Zones, "population.invented.zones");
        Texts(people.Roles, "population.invented.roles");
        foreach (var (i, zone) in people.Zones.Index())
            Require(Calendar.Find(zone.Value) is not null, $"population.invented.zones[{i}].value", "must be an IANA time zone such as Europe/Berlin.");
    }

    void Texts(RepeatedField<Proto.Population.Types.WeightedText> texts, string field)
    {
        if (!Require(texts.Count <= 1_000, field, "must have at most 1,000 items."))
            return;
        foreach (var (i, text) in texts.Index())
        {
            Require(text.Weight is > 0 and <= 1_000_000, $"{field}[{i}].weight", "must be from 1 to 1,000,000.");
            Require(text.Value.Length is > 0 and <= MostName && !text.Value.Contains('\0'), $"{field}[{i}].value", $"must have 1 to {MostName} characters.");
        }
    }

    void Times()
    {
        var request = input.Request;
        Require(input.Start.Year is >= 1900 and <= 9_000, "startTime", "must be in a year from 1900 to 9000.");
        Require(
            request.Horizon is not { } horizon || (horizon.ToTimeSpan() >= TimeSpan.FromSeconds(1) && horizon.ToTimeSpan() <= TimeSpan.FromDays(MostDays)),
            "horizon", $"must be from 1 second to {MostDays} days.");
        if (request.Entry?.Spread is { } spread)
            Span(spread.Span, "entry.spread.span", TimeSpan.FromMilliseconds(1), input.Horizon);
        Require(input.KeepTimelines is >= 0 and <= MostTimelines, "keepTimelines", $"must be from 0 to {MostTimelines:N0}.");
    }

    void Span(Duration? span, string field, TimeSpan least, TimeSpan most) => Require(
        span is not null && span.ToTimeSpan() >= least && span.ToTimeSpan() <= most,
        field, $"is required, and must be from {least.TotalSeconds:0.###} to {most.TotalSeconds:0} seconds.");

    bool HasNode(string id) => graph.Nodes.Any(node => node.Id == id);
}
