using Journeys.Engine;
using Journeys.EngineContracts;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>A design to simulate: compiled as for live use, with indexes for counting.</summary>
sealed class TriedDesign
{
    readonly Dictionary<Guid, RulePredicate> audiences;
    readonly Dictionary<string, int> places;
    readonly Dictionary<string, int>[] ways;

    public TriedDesign(SimulationInput input, Definition.Design design)
    {
        Journey = DesignReader.Compile(input.JourneyId, design);
        Goal = DesignReader.ReadGoal(design.Goal);
        Exits = DesignReader.ReadExits(design);
        Edges = DesignReader.ReadGraph(design.Graph, []).Edges;
        Nodes = [.. Journey.Nodes];
        ReEntry = DesignReader.ReadReEntry(design);
        AudienceId = Guid.TryParseExact(design.AudienceId, "D", out var id) ? id : null;
        AutoEnrolls = design.AutoEnroll && AudienceId is not null;

        var rules = input.Audiences
            .Select(audience => (Id: Guid.ParseExact(audience.Id, "D"), Rule: RuleReader.Read(audience.Rule)!))
            .ToDictionary(audience => audience.Id, audience => audience.Rule);
        audiences = rules.ToDictionary(rule => rule.Key, rule => RuleCompiler.Compile(rule.Value));
        var needsOf = rules.ToDictionary(rule => rule.Key, rule => RuleNeeds.Of(rule.Value));
        var members = new RuleNeeds();
        if (AudienceId is { } audienceId)
            members.Audiences.Add(audienceId);
        members = members.WithAudiences(needsOf.GetValueOrDefault);
        Rules = [.. rules.Values];
        SweepsAgain = AutoEnrolls && members.Audiences.Any(member => rules.TryGetValue(member, out var rule) && DependsOnTime(rule));
        AsksForContent = Journey.AsksForContent || needsOf.Values.Any(needs => needs.Contents.Count > 0);

        places = Nodes.Select((node, place) => (node.Id, place)).ToDictionary(pair => pair.Id, pair => pair.place, StringComparer.Ordinal);
        ways = [.. Nodes.Select(node => Edges
            .Select((edge, place) => (edge, place))
            .Where(pair => pair.edge.Source == node.Id)
            .ToDictionary(pair => pair.edge.Branch, pair => pair.place, StringComparer.Ordinal))];
        Prints = [.. Nodes.Select(node => Luck.Stream(node.Id))];
        BranchPrints = [.. Edges.Select(edge => Luck.Stream($"/{edge.Branch}"))];
        Model = new(input.Request.Behavior, Journey, input.Start);
        Nevers = [.. input.Request.Assertions
            .Where(assertion => assertion.Never is not null && places.ContainsKey(assertion.Never.NodeId))
            .Select(assertion => new Never(assertion, places[assertion.Never.NodeId], RuleCompiler.Compile(RuleReader.Read(assertion.Never.Rule)!)))];
        var needs = Nevers.Aggregate(new RuleNeeds().Add(Journey.Needs).Add(members), (all, never) => all.Add(RuleNeeds.Of(RuleReader.Read(never.Assertion.Never.Rule)!)));
        Counted = [.. needs.WithAudiences(needsOf.GetValueOrDefault).Counted.Select(pair => new Counter(pair.Key, pair.Value))];
        Times = [.. input.Request.Assertions
            .Where(assertion => assertion.Time is not null)
            .Select(assertion => new Timed(assertion, places.GetValueOrDefault(assertion.Time.From, -1), places.GetValueOrDefault(assertion.Time.To, -1)))];
    }

    /// <summary>Events that a rule counts, in the way the database counts them for real people.</summary>
    public sealed record Counter(string Key, CountedEvent Event)
    {
        public RulePredicate? Where { get; } = Event.Where is null ? null : RuleCompiler.Compile(Event.Where);
    }

    /// <summary>A node that people for whom a rule holds must never reach.</summary>
    public sealed record Never(Proto.Assertion Assertion, int Node, RulePredicate Holds);

    /// <summary>Two nodes between which time is measured; a negative first node stands for the entry.</summary>
    public sealed record Timed(Proto.Assertion Assertion, int From, int To);

    public CompiledJourney Journey { get; }

    public Goal? Goal { get; }

    public IReadOnlyList<ExitRule> Exits { get; }

    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<Edge> Edges { get; }

    /// <summary>The rules of the audiences.</summary>
    public IReadOnlyList<Rule> Rules { get; }

    public ReEntry ReEntry { get; }

    public Guid? AudienceId { get; }

    public bool AutoEnrolls { get; }

    /// <summary>Whether people can join the audience merely because time passes.</summary>
    public bool SweepsAgain { get; }

    public IReadOnlyList<Counter> Counted { get; }

    /// <summary>
    /// Whether finished content can matter beyond its own report, as on a site with only this journey and its
    /// audiences.
    /// </summary>
    public bool AsksForContent { get; }

    public BehaviorModel Model { get; }

    public IReadOnlyList<Never> Nevers { get; }

    public IReadOnlyList<Timed> Times { get; }

    /// <summary>Hashes of the nodes, and of the branches of the edges, which are the same in every design.</summary>
    public ulong[] Prints { get; }

    public ulong[] BranchPrints { get; }

    public RulePredicate? FindAudience(Guid audienceId) => audiences.GetValueOrDefault(audienceId);

    public int PlaceOf(string nodeId) => places.GetValueOrDefault(nodeId, -1);

    /// <summary>Returns the edge that leaves a node by a branch; -1 when there is none.</summary>
    public int WayOut(int node, string branch) => ways[node].GetValueOrDefault(branch, -1);

    // Returns whether people can begin or cease to match merely because time passes.
    static bool DependsOnTime(Rule rule) => rule switch
    {
        GroupRule group => group.Rules.Any(DependsOnTime),
        NotRule not => DependsOnTime(not.Rule),
        ConditionRule condition => condition.Operator is Operator.WithinLast or Operator.NotWithinLast,
        EventRule happened => happened.Within is not null || (happened.Where is { } where && DependsOnTime(where)),
        _ => false,
    };

    /// <summary>
    /// Returns whether a person belongs to the audience of the journey; true for everybody when the journey has none.
    /// </summary>
    public bool Belongs(Person person, DateTimeOffset now) =>
        AudienceId is not { } audienceId || (FindAudience(audienceId) is { } holds && holds(new Facts(person, null, null, now)));
}
