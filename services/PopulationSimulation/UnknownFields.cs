using Journeys.Engine;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>
/// Finds the fields in rules that nobody in the population has, usually because of a misspelled name.
/// </summary>
sealed class UnknownFields(TriedDesign design, Proto.SimulationRequest request)
{
    readonly Proto.Behavior behavior = request.Behavior ?? new();

    /// <summary>
    /// Returns each such field with the first node whose rule asks for it; the node id is empty for the goal, an exit
    /// rule or an audience.
    /// </summary>
    public IEnumerable<(string Field, string NodeId)> All() => Asked()
        .Where(asked => !IsKnown(asked.Field, asked.EventName))
        .Select(asked => (asked.Field, asked.NodeId))
        .DistinctBy(asked => asked.Field, StringComparer.Ordinal);

    IEnumerable<(string Field, string NodeId, string EventName)> Asked()
    {
        foreach (var node in design.Nodes)
        {
            foreach (var (rule, eventName) in RulesOf(node))
            {
                foreach (var field in FieldsOf(rule, eventName))
                    yield return (field.Field, node.Id, field.EventName);
            }

            if (node is WaitNode { Wait: TraitDateWait wait })
                yield return ($"traits.{wait.Trait}", node.Id, "");
        }

        var others = new[] { design.Goal?.Rule }.Concat(design.Exits.Select(exit => exit.When)).Concat(design.Rules).OfType<Rule>().Select(rule => (rule, ""));
        var awaited = design.Exits.Where(exit => exit.On?.Where is not null).Select(exit => (exit.On!.Where!, exit.On.EventName));
        foreach (var (rule, eventName) in others.Concat(awaited))
        {
            foreach (var field in FieldsOf(rule, eventName))
                yield return (field.Field, "", field.EventName);
        }
    }

    static IEnumerable<(Rule Rule, string EventName)> RulesOf(Node node) => node switch
    {
        ConditionNode condition => condition.Branches.Select(branch => (branch.Rule, "")),
        GoalCheckNode { Rule: { } rule } => [(rule, "")],
        WaitForEventNode hold => hold.Events.Where(filter => filter.Where is not null).Select(filter => (filter.Where!, filter.EventName)),
        TriggerNode { Trigger: CustomEventTrigger { Where: { } where } custom } => [(where, custom.EventName)],
        _ => [],
    };

    static IEnumerable<(string Field, string EventName)> FieldsOf(Rule rule, string eventName) => rule switch
    {
        GroupRule group => group.Rules.SelectMany(part => FieldsOf(part, eventName)),
        NotRule not => FieldsOf(not.Rule, eventName),
        ConditionRule condition => [(condition.Field, eventName)],
        EventRule { Where: { } where } happened => FieldsOf(where, happened.Name),
        _ => [],
    };

    bool IsKnown(string field, string eventName)
    {
        if (FieldPath.Parse(field) is not { } path)
            return false;

        var name = string.Join('.', path.Keys);
        var people = request.Population.Invented;
        return path.Root switch
        {
            FieldRoot.UserId => true,
            FieldRoot.Traits => Makes(people.Traits, name) || behavior.TraitChanges.Any(change => Covers(change.Trait, name)),
            FieldRoot.Context => name == "role" && people.Roles.Count > 0,
            FieldRoot.Properties => (eventName == CompiledTrigger.PageEvent && name == "url")
                || behavior.Activities.Any(activity => activity.EventName == eventName && Makes(activity.Properties, name)),
            FieldRoot.Entry => behavior.Activities.Any(activity => LetsIn(activity.EventName) && Makes(activity.Properties, name)),
            _ => IsReported(path.Keys[0], string.Join('.', path.Keys[1..])),
        };
    }

    bool LetsIn(string eventName) => design.Journey.Triggers.Any(trigger => trigger.EventName == eventName);

    bool IsReported(string nodeId, string key) => design.Journey.Find(nodeId) switch
    {
        SplitNode => key == "variant",
        ContentNode content => key == "outcome" || behavior.Contents.Any(given =>
            (given.NodeId == nodeId || (given.NodeId.Length == 0 && (given.ContentId.Length == 0 || given.ContentId == content.ContentId))) && Makes(given.Data, key)),
        _ => false,
    };

    static bool Makes(IEnumerable<Proto.DataGenerator> generators, string name) =>
        generators.Any(generator => generator.MissingPerMille < 1_000 && Covers(generator.Path, name));

    // A generated value may be an object that contains the field, or be part of the object that the rule asks for.
    static bool Covers(string made, string name) =>
        made == name || name.StartsWith($"{made}.", StringComparison.Ordinal) || made.StartsWith($"{name}.", StringComparison.Ordinal);
}
