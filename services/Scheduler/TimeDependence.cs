using Journeys.Protos.Rule.V1;
using Operator = Journeys.Protos.Rule.V1.Rule.Types.Condition.Types.Operator;

namespace Journeys.Scheduling;

/// <summary>Decides whether people may begin to match a rule because time passes.</summary>
public static class TimeDependence
{
    /// <summary>Whether the rule counts from now. `BEFORE` and `AFTER` compare with fixed times, so they do not.</summary>
    public static bool Of(Rule? rule) => rule?.KindCase switch
    {
        Rule.KindOneofCase.Group => rule.Group.Rules.Any(Of),
        Rule.KindOneofCase.Not => Of(rule.Not.Rule),
        Rule.KindOneofCase.Condition => rule.Condition.Operator is Operator.WithinLast or Operator.NotWithinLast,
        Rule.KindOneofCase.Event => rule.Event.Within is not null || Of(rule.Event.Where),
        _ => false,
    };

    /// <summary>Returns the audiences that the rule names.</summary>
    public static Guid[] AudiencesOf(Rule? rule) => rule?.KindCase switch
    {
        Rule.KindOneofCase.Group => [.. rule.Group.Rules.SelectMany(AudiencesOf).Distinct()],
        Rule.KindOneofCase.Not => AudiencesOf(rule.Not.Rule),
        Rule.KindOneofCase.Audience => Guid.TryParseExact(rule.Audience.AudienceId, "D", out var id) ? [id] : [],
        _ => [],
    };
}
