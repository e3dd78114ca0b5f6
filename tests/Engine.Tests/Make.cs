using System.Text.Json;

namespace Journeys.Engine.Tests;

/// <summary>Short ways to things that tests need.</summary>
static class Make
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    public static readonly Guid JourneyId = Guid.Parse("018f0000-0000-7000-8000-000000000001");

    public static JsonElement Json(string text) => JsonElement.Parse(text);

    public static Person Person(string traits = "{}", string id = "u1", string? zone = null, params PersonEvent[] events) => new()
    {
        UserId = id,
        FirstId = id,
        Traits = Json(traits),
        Context = Json("{}"),
        TimeZone = zone,
        Events = events,
    };

    /// <summary>start -> node -> end, with an exit named after each further branch of the node.</summary>
    public static CompiledJourney Around(Node node, Goal? goal = null, string? zone = null, IReadOnlyList<ExitRule>? exits = null)
    {
        var (required, optional) = GraphValidator.Branches(node);
        var branches = required.Concat(optional).ToList();
        List<Node> nodes = [new TriggerNode("start", new ManualTrigger()), node, .. branches.Select(branch => new ExitNode(Exit(branch), Exit(branch)))];
        List<Edge> edges = [new("in", "start", node.Id), .. branches.Select(branch => new Edge($"to-{Exit(branch)}", node.Id, Exit(branch), branch))];
        return CompiledJourney.Compile(JourneyId, new JourneyGraph(nodes, edges), goal, zone, exits);
    }

    public static string Exit(string branch) => branch.Length == 0 ? "plain" : branch;

    public static Transition Enter(CompiledJourney journey, Person? person = null, DateTimeOffset? now = null) =>
        JourneyEngine.Advance(
            journey, new Progress { EnteredAt = now ?? Noon }, new Signal.Entered(null, "api"), person ?? Person(), now ?? Noon);

    /// <summary>What becomes of timers when this is saved, after another transition was; null for the first.</summary>
    public static TimerChange TimersSince(this Transition after, Transition? before, DateTimeOffset? now = null) => TimerChange.Between(
        before is null ? default : new(before.Progress.VisitNo, before.Progress.WakeAt), new(after.Progress.VisitNo, after.Progress.WakeAt), now ?? Noon);

    public static Transition Then(this Transition before, CompiledJourney journey, Signal signal, Person? person = null, DateTimeOffset? now = null) =>
        JourneyEngine.Advance(journey, before.Progress, signal, person ?? Person(), now ?? (signal is Signal.TimerElapsed ? before.Progress.WakeAt : null) ?? Noon);
}
