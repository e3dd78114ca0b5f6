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
}
