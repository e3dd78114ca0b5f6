namespace Journeys.Engine;

/// <summary>
/// Compiles rules to delegates. The SQL compiler of Enrollment gives the same results; a property test compares them.
/// </summary>
public static class RuleCompiler
{
    /// <summary>Compiles a valid rule. An invalid part, such as a bad regular expression, matches nobody.</summary>
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
        var count = Count(rule);
        var atLeast = Math.Max(1, rule.AtLeast);
        return (in Facts facts) => count(facts, atLeast) >= atLeast;
    }

    /// <summary>Returns how many known events match a rule; at most the requested number.</summary>
    internal delegate int EventCount(in Facts facts, int atMost);

    internal static EventCount Count(EventRule rule)
    {
        var where = rule.Where is null ? null : Compile(rule.Where);
        var key = CountedEvent.KeyOf(rule);
        return (in Facts facts, int atMost) =>
        {
            var since = rule.Within is { } within ? facts.Now - within : DateTimeOffset.MinValue;
            return facts.Person.Counted is { } counted
                ? counted.GetValueOrDefault(key, []).Count(at => at >= since)
                : CountOneByOne(rule.Name, where, since, facts, atMost);
        };
    }

    static int CountOneByOne(string name, RulePredicate? where, DateTimeOffset since, in Facts facts, int atMost)
    {
        var count = 0;
        foreach (var happened in facts.Person.Events)
        {
            facts.Person.Effort?.Spend(1);
            if (happened.Name == name && happened.OccurredAt >= since
                && (where is null || where(facts with { Event = happened }))
                && ++count >= atMost)
                break;
        }

        return count;
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
        facts.Depth < RuleCost.MaxLevels && facts.Person.Belongs(audienceId, facts);
}
