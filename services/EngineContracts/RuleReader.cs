using Journeys.Engine;
using Op = Journeys.Protos.Rule.V1.Rule.Types.Condition.Types.Operator;
using Proto = Journeys.Protos.Rule.V1;

namespace Journeys.EngineContracts;

/// <summary>Converts the contract's rules to the engine's.</summary>
public static class RuleReader
{
    /// <summary>
    /// Reads a rule; null when there is none. Unspecified values become values that the validator reports.
    /// </summary>
    public static Rule? Read(Proto.Rule? rule) => rule?.KindCase switch
    {
        Proto.Rule.KindOneofCase.Group => new GroupRule(
            rule.Group.Operator != Proto.Rule.Types.Group.Types.Operator.Or, [.. rule.Group.Rules.Select(part => Read(part)!)]),
        Proto.Rule.KindOneofCase.Not => new NotRule(Read(rule.Not.Rule)!),
        Proto.Rule.KindOneofCase.Condition => new ConditionRule(
            rule.Condition.Field, Read(rule.Condition.Operator), Json.ToElement(rule.Condition.Value)),
        Proto.Rule.KindOneofCase.Event => new EventRule(
            rule.Event.Name, Read(rule.Event.Where), rule.Event.Within?.ToTimeSpan(), rule.Event.AtLeast == 0 ? 1 : rule.Event.AtLeast),
        Proto.Rule.KindOneofCase.Content => new ContentRule(rule.Content.ContentId, Read(rule.Content.Outcome)),
        Proto.Rule.KindOneofCase.Audience => Guid.TryParseExact(rule.Audience.AudienceId, "D", out var id)
            ? new AudienceRule(id)
            : new AudienceRule(Guid.Empty) { IsNamed = false },
        _ => null,
    };

    static Operator Read(Op op) => op == Op.Unspecified ? (Operator)(-1) : (Operator)((int)op - 1);

    static ContentOutcome? Read(Proto.Rule.Types.Content.Types.Outcome outcome) => outcome switch
    {
        Proto.Rule.Types.Content.Types.Outcome.Completed => ContentOutcome.Completed,
        Proto.Rule.Types.Content.Types.Outcome.Dismissed => ContentOutcome.Dismissed,
        Proto.Rule.Types.Content.Types.Outcome.Skipped => ContentOutcome.Skipped,
        _ => null,
    };
}
