using System.Text.Json;

namespace Journeys.Engine;

/// <summary>Turns a rule into a delegate. The SQL compiler of Enrollment gives the same answers; one property test holds them equal.</summary>
public static class RuleCompiler
{
    const int MaxAudienceDepth = 10;

    /// <summary>Compiles a valid rule. What is not valid (a bad regular expression, say) matches nobody.</summary>
    public static RulePredicate Compile(Rule rule) => rule switch
    {
        GroupRule group => Group(group),
        NotRule not => Not(Compile(not.Rule)),
        ConditionRule condition => Conditions.Compile(condition),
        EventRule happened => Happened(happened),
        ContentRule content => Content(content),
        AudienceRule audience => Audience(audience.AudienceId),
        _ => static (in Facts _) => false,
    };

    static RulePredicate Group(GroupRule group)
    {
        var parts = group.Rules.Select(Compile).ToArray();
        var isAnd = group.IsAnd;
        return (in Facts facts) =>
        {
            foreach (var part in parts)
            {
                facts.Person.Effort?.Spend(1);
                if (part(facts) != isAnd)
                    return !isAnd;
            }

            return isAnd;
        };
    }

    static RulePredicate Not(RulePredicate part) => (in Facts facts) => !part(facts);

    static RulePredicate Happened(EventRule rule)
    {
        var where = rule.Where is null ? null : Compile(rule.Where);
        var atLeast = Math.Max(1, rule.AtLeast);
        return (in Facts facts) =>
        {
            var since = rule.Within is { } within ? facts.Now - within : DateTimeOffset.MinValue;
            var count = 0;
            foreach (var happened in facts.Person.Events)
            {
                facts.Person.Effort?.Spend(1);
                if (happened.Name == rule.Name && happened.OccurredAt >= since
                    && (where is null || where(facts with { Event = happened }))
                    && ++count >= atLeast)
                    return true;
            }

            return false;
        };
    }

    static RulePredicate Content(ContentRule rule) => (in Facts facts) =>
    {
        foreach (var content in facts.Person.Contents)
        {
            if (content.ContentId == rule.ContentId && (rule.Outcome is null || rule.Outcome == content.Outcome))
                return true;
        }

        return false;
    };

    static RulePredicate Audience(Guid audienceId) => (in Facts facts) =>
        facts.Depth < MaxAudienceDepth && facts.Person.Belongs(audienceId, facts);
}
