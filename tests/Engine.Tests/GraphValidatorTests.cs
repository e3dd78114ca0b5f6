namespace Journeys.Engine.Tests;

public sealed class GraphValidatorTests
{
    static readonly TriggerNode Start = new("start", new ManualTrigger());
    static readonly ExitNode End = new("end", "done");

    [Fact]
    public void A_good_graph_has_no_problem() =>
        Assert.Empty(GraphValidator.Validate(new([Start, End], [new("e", "start", "end")])));

    [Fact]
    public void Every_problem_is_reported_at_once_with_its_node_or_edge()
    {
        var graph = new JourneyGraph(
            [
                Start, End, new ContentNode("lonely", "FLOW", ""), new SplitNode("half", [new("a", 50), new("a", 40)]),
                new WaitForEventNode("hold", []), new ConditionNode("if", [new("else", new ConditionRule("traits.x", Operator.Exists))]),
            ],
            [
                new("e1", "start", "half"), new("e2", "half", "end", "a"), new("e3", "half", "end", "z"), new("e4", "ghost", "end"),
                new("e5", "end", "start"), new("e1", "lonely", "end"),
            ]);

        var problems = GraphValidator.Validate(graph).Select(problem => (problem.Code, problem.NodeId + problem.EdgeId)).ToHashSet();

        Assert.Superset(
            new HashSet<(string, string)>
            {
                ("MISSING", "lonely"), ("UNREACHABLE_NODE", "lonely"), ("DUPLICATE_NAME", "half"), ("PERCENT_SUM", "half"),
                ("INVALID_COUNT", "hold"), ("MISSING_EDGE", "hold"), ("NO_EXIT_REACHABLE", "hold"), ("RESERVED_NAME", "if"),
                ("UNKNOWN_BRANCH", "e3"), ("UNKNOWN_NODE", "e4"), ("EDGE_INTO_TRIGGER", "e5"), ("UNKNOWN_BRANCH", "e5"), ("DUPLICATE_ID", "e1"),
            },
            problems);
    }

    [Fact]
    public void A_circle_needs_a_node_that_holds()
    {
        JourneyGraph Circle(Node middle, string back) => new(
            [Start, new ConditionNode("if", [new("again", new ConditionRule("traits.x", Operator.Exists))]), middle, End],
            [new("e1", "start", "if"), new("e2", "if", "middle", "again"), new("e3", "if", "end", "else"), new("e4", "middle", "if", back)]);

        Assert.Empty(GraphValidator.Validate(Circle(new WaitNode("middle", new DurationWait(TimeSpan.FromDays(1))), "")));
        Assert.Contains(
            GraphValidator.Validate(Circle(new GoalCheckNode("middle", new EventRule("x")), "success")),
            problem => problem is { Code: "ENDLESS_CYCLE", NodeId: "middle" });
    }

    [Fact]
    public void A_journey_needs_a_trigger() =>
        Assert.Contains(GraphValidator.Validate(new([End], [])), problem => problem.Code == "NO_TRIGGER");

    public static TheoryData<string, string, JourneyGraph> Faults => new()
    {
        { "TOO_MANY_NODES", "", new([.. Enumerable.Range(0, 501).Select(n => new ExitNode($"n{n}", "done"))], []) },
        { "TOO_MANY_EDGES", "", new([Start, End], [.. Enumerable.Range(0, 2_001).Select(n => new Edge($"e{n}", "start", "end"))]) },
        { "INVALID_ID", "two words", Around(new WaitNode("two words", new DurationWait(TimeSpan.FromDays(1))), "") },
        { "DUPLICATE_ID", "end", new([Start, End, End], [new("e", "start", "end")]) },
        { "UNKNOWN_NODE", "e2", new([Start, End], [new("e", "start", "end"), new("e2", "start", "ghost")]) },
        { "EDGE_INTO_TRIGGER", "back", new([Start, new ContentNode("x", "FLOW", "c"), End], [new("e", "start", "x"), new("f", "x", "end"), new("back", "x", "start", "skipped")]) },
        { "UNKNOWN_BRANCH", "e2-timeout", Around(new ContentNode("x", "FLOW", "c"), "", "timeout") },
        { "DUPLICATE_BRANCH", "e2", new([Start, End], [new("e", "start", "end"), new("e2", "start", "end")]) },
        { "MISSING_EDGE", "x", Around(new WaitForEventNode("x", [new EventFilter("go")], TimeSpan.FromDays(1)), "event") },
        { "NO_GOAL", "x", Around(new GoalCheckNode("x"), "success", "fallback") },
        { "NO_TRIGGER", "", new([End], []) },
        { "UNREACHABLE_NODE", "x", new([Start, new ContentNode("x", "FLOW", "c"), End], [new("e", "start", "end"), new("f", "x", "end")]) },
        { "NO_EXIT_REACHABLE", "x", new([Start, new ContentNode("x", "FLOW", "c")], [new("e", "start", "x"), new("f", "x", "x")]) },
        { "ENDLESS_CYCLE", "x", Around(new SplitNode("x", [new("a", 50), new("b", 50)]), "a") with { Edges = [new("e", "start", "x"), new("a", "x", "x", "a"), new("b", "x", "end", "b")] } },
        { "INVALID_REGEX", "t", new([new TriggerNode("t", new UrlMatchTrigger(UrlMatchType.Regex, "(")), End], [new("e", "t", "end")]) },
        { "MISSING", "t", new([new TriggerNode("t", new CustomEventTrigger("")), End], [new("e", "t", "end")]) },
        { "TOO_LONG", "x", Around(new ContentNode("x", "FLOW", new string('c', 129)), "") },
        { "INVALID_DURATION", "x", Around(new WaitNode("x", new DurationWait(TimeSpan.FromMilliseconds(999))), "") },
        { "INVALID_DURATION", "x", Around(new WaitNode("x", new TraitDateWait("ends", TimeSpan.FromDays(-4_000))), "") },
        { "INVALID_FIELD", "x", Around(new WaitNode("x", new TraitDateWait("a..b", TimeSpan.Zero)), "") },
        { "INVALID_COUNT", "x", Around(new SplitNode("x", [new("a", 100)]), "a") },
        { "INVALID_COUNT", "x", Around(new ConditionNode("x", []), "else") },
        { "INVALID_PERCENT", "x", Around(new SplitNode("x", [new("a", 99.999), new("b", 0.001)]), "a", "b") },
        { "PERCENT_SUM", "x", Around(new SplitNode("x", [new("a", 50), new("b", 49.99)]), "a", "b") },
        { "DUPLICATE_NAME", "x", Around(new SplitNode("x", [new("a", 50), new("a", 50)]), "a") },
        { "RESERVED_NAME", "x", Around(new ConditionNode("x", [new("else", new EventRule("go"))]), "else") },
        { "INVALID_RULE", "x", Around(new ConditionNode("x", [new("yes", new ConditionRule("properties.x", Operator.Exists))]), "yes", "else") },
        { "INVALID_RULE", "x", Around(new WaitForEventNode("x", [new EventFilter("go", new EventRule("other"))]), "event") },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_is_told_with_its_node_or_edge(string code, string where, JourneyGraph graph) =>
        Assert.Contains(GraphValidator.Validate(graph), problem => problem.Code == code && problem.NodeId + problem.EdgeId == where);

    // start -> node, and from each branch of the node to the end.
    static JourneyGraph Around(Node node, params string[] branches) => new(
        [Start, node, End], [new("e1", "start", node.Id), .. branches.Select(branch => new Edge($"e2-{branch}", node.Id, "end", branch))]);
}
