using System.Collections;
using System.Text.Json;

namespace Journeys.Engine.Tests;

/// <summary>
/// What has to be known of every kind of node is known of it, wherever its record has a rule or an event. The records alone say
/// which there are.
/// </summary>
public sealed class NodeKindTests
{
    const string Id = "n";

    static readonly Rule Fine = new ConditionRule("properties.x", Operator.Exists);
    static readonly Rule FineOfPeople = new ConditionRule("traits.x", Operator.Exists);
    static readonly Rule Wrong = new ConditionRule("nowhere.x", Operator.Exists);
    static readonly Rule OfPeople = new EventRule("counted");
    static readonly Rule Large = new GroupRule(true, [.. Enumerable.Repeat(Fine, JourneyBudget.MaxParts + 1)]);

    public static TheoryData<string> WithRules() => [.. KindsWithRules()];

    public static TheoryData<string> All() => [.. Samples(typeof(Node), Fine).OfType<Node>().Select(node => node.GetType().Name).Distinct()];

    // What tells kinds apart names them all: none is validated, compiled or passed by a default.
    [Theory, MemberData(nameof(All))]
    public void A_kind_is_named_wherever_kinds_are_told_apart(string kind) => Assert.All(
        Samples(typeof(Node), Fine).OfType<Node>().Where(node => node.GetType().Name == kind),
        node =>
        {
            Problems(node);
            Assert.NotEqual(0, Make.Enter(Make.Around(node with { Id = "kind" })).Progress.VisitNo);
        });

    // Else the others could be about none.
    [Fact]
    public void Rules_are_found_in_the_records() => Assert.Superset(
        new HashSet<string>([nameof(ConditionNode), nameof(GoalCheckNode), nameof(TriggerNode), nameof(WaitForEventNode)]),
        KindsWithRules().ToHashSet());

    [Theory, MemberData(nameof(WithRules))]
    public void A_rule_that_cannot_be_is_refused(string kind) =>
        Assert.All(Having(Wrong, kind), node => Assert.Contains(Problems(node), problem => IsOfRule(problem) && problem.NodeId == Id));

    [Theory, MemberData(nameof(WithRules))]
    public void What_a_rule_costs_is_counted(string kind) => Assert.All(
        Having(Large, kind),
        node => Assert.Contains(
            JourneyBudget.Validate(new([node], []), null, [], new RuleCosts(static _ => null)),
            problem => problem is { Code: "RULE_TOO_LARGE", NodeId: Id }));

    // Where a rule can be about what people did, that is loaded.
    [Theory, MemberData(nameof(WithRules))]
    public void What_a_rule_needs_is_loaded(string kind) => Assert.All(
        Having(OfPeople, kind).Where(node => !Problems(node).Any(IsOfRule)),
        node => Assert.Contains("counted", RuleNeeds.Of(new([node], []), null, []).Events));

    [Fact]
    public void Events_that_are_awaited_are_known()
    {
        var awaiting = Samples(typeof(Node), Fine).OfType<Node>().Where(node => Parts(node).OfType<EventFilter>().Any()).ToList();

        Assert.NotEmpty(awaiting);
        Assert.All(awaiting, node => Assert.Superset(
            Parts(node).OfType<EventFilter>().Select(filter => filter.EventName).ToHashSet(),
            RuleNeeds.Of(new([node], []), null, []).Awaited));
    }

    static IEnumerable<string> KindsWithRules() =>
        Samples(typeof(Node), Fine).OfType<Node>().Where(node => Contains(node, Fine)).Select(node => node.GetType().Name).Distinct();

    static IEnumerable<Node> Having(Rule rule, string kind) =>
        Samples(typeof(Node), rule).OfType<Node>().Where(node => node.GetType().Name == kind && Contains(node, rule));

    // What is wrong with the graph apart, such as a missing edge, has another field.
    static IReadOnlyList<Problem> Problems(Node node) => [.. GraphValidator.Validate(new([node], []), new Goal(FineOfPeople))];

    static bool IsOfRule(Problem problem) =>
        problem.Field.StartsWith($"graph.nodes[{Id}].", StringComparison.Ordinal)
        && (problem.Field.Contains(".rule", StringComparison.Ordinal) || problem.Field.Contains(".where", StringComparison.Ordinal));

    // Values of a type, with the rule wherever there can be one; of a closed family one of each.
    static IEnumerable<object?> Samples(Type type, Rule rule) => type switch
    {
        _ when type == typeof(Rule) => [rule],
        _ when type == typeof(string) => [Id],
        _ when type == typeof(double) => [50d],
        _ when type == typeof(TimeSpan) => [TimeSpan.FromDays(1)],
        _ when type == typeof(TimeOnly) => [new TimeOnly(9, 0)],
        _ when type == typeof(DateTimeOffset) => [Make.Noon],
        _ when type == typeof(JsonElement) => [default(JsonElement)],
        { IsEnum: true } => [Enum.GetValues(type).GetValue(0)],
        _ when Nullable.GetUnderlyingType(type) is { } value => Samples(value, rule),
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) =>
            [List(type.GetGenericArguments()[0], rule)],
        { IsAbstract: true } => type.Assembly.GetTypes().Where(kind => kind.IsSubclassOf(type)).SelectMany(kind => Samples(kind, rule)),
        _ => Records(type, rule),
    };

    static Array List(Type type, Rule rule)
    {
        object?[] items = [.. Samples(type, rule)];
        var list = Array.CreateInstance(type, items.Length);
        items.CopyTo(list, 0);
        return list;
    }

    // By the constructor that takes what the record has, with every choice for each.
    static IEnumerable<object?> Records(Type type, Rule rule)
    {
        var constructor = type.GetConstructors().MaxBy(candidate => candidate.GetParameters().Length)!;
        IEnumerable<object?[]> choices = [[]];
        foreach (var parameter in constructor.GetParameters())
        {
            choices = [.. choices.SelectMany(
                chosen => Samples(parameter.ParameterType, rule).Select(value => (object?[])[.. chosen, value]))];
        }

        return choices.Select(constructor.Invoke);
    }

    static bool Contains(Node node, Rule rule) => Parts(node).Any(part => ReferenceEquals(part, rule));

    // What a record consists of, down to the rules.
    static IEnumerable<object> Parts(object whole)
    {
        var parts = whole switch
        {
            string or Rule => [],
            IEnumerable list => list.OfType<object>(),
            _ when whole.GetType().Assembly == typeof(Node).Assembly && !whole.GetType().IsEnum =>
                whole.GetType().GetProperties().Select(property => property.GetValue(whole)).OfType<object>(),
            _ => [],
        };
        return parts.SelectMany(part => Parts(part).Prepend(part));
    }
}
