namespace Journeys.Engine;

/// <summary>Finds the problems inside one node.</summary>
static class NodeValidator
{
    const int MaxName = 64;

    /// <summary>Maximum number of characters in the id of a content item.</summary>
    public const int MaxContentId = 128;

    const int MaxSelector = 1_024;
    const int MaxEvents = 20;
    const int MaxBranches = 50;
    const int MinVariants = 2;
    const int MaxVariants = 50;

    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public static IEnumerable<Problem> Validate(Node node)
    {
        var field = $"graph.nodes[{node.Id}]";
        var problems = node switch
        {
            TriggerNode trigger => OfTrigger(trigger.Trigger, $"{field}.trigger"),
            ContentNode content => OfContent(content, $"{field}.content"),
            WaitNode wait => OfWait(wait.Wait, $"{field}.wait"),
            WaitForEventNode hold => OfWaitForEvent(hold, $"{field}.waitForEvent"),
            ConditionNode condition => OfCondition(condition, $"{field}.condition"),
            SplitNode split => OfSplit(split, $"{field}.split"),
            GoalCheckNode { Rule: { } rule } => RuleValidator.Validate(rule, RuleScope.Journey, $"{field}.goalCheck.rule"),
            GoalCheckNode => [],
            ExitNode exit => Text(exit.Outcome, MaxName, $"{field}.exit.outcome"),
            _ => throw node.NotNamed(),
        };
        return problems.Select(problem => problem with { NodeId = node.Id });
    }

    static IEnumerable<Problem> OfTrigger(Trigger trigger, string field) => trigger switch
    {
        CustomEventTrigger custom =>
        [
            .. Text(custom.EventName, PersonEvent.MaxName, $"{field}.customEvent.eventName"),
            .. custom.Where is null ? [] : RuleValidator.Validate(custom.Where, RuleScope.Event, $"{field}.customEvent.where"),
        ],
        UrlMatchTrigger { MatchType: UrlMatchType.Regex } url when RegexMatcher.For(url.Pattern) is null =>
            [new("INVALID_REGEX", $"{field}.urlMatch.pattern", "must be a regular expression of the supported subset.")],
        UrlMatchTrigger url => Text(url.Pattern, PersonEvent.MaxUrl, $"{field}.urlMatch.pattern"),
        ElementClickTrigger click => Text(click.Selector, MaxSelector, $"{field}.elementClick.selector"),
        _ => [],
    };

    static IEnumerable<Problem> OfContent(ContentNode content, string field) =>
    [
        .. Text(content.ContentId, MaxContentId, $"{field}.contentId"), .. Span(content.ExpireAfter, $"{field}.expireAfter"),
        .. PayloadValidator.Validate(content.ContentType, content.Payload, $"{field}.payload"),
    ];

    static IEnumerable<Problem> OfWait(Wait wait, string field) => wait switch
    {
        DurationWait duration => Span(duration.Duration, $"{field}.duration"),
        TraitDateWait trait =>
        [
            .. FieldPath.Parse($"traits.{trait.Trait}") is null
                ? [new Problem("INVALID_FIELD", $"{field}.traitDate.trait", "must be keys joined by dots, such as plan.name.")]
                : Array.Empty<Problem>(),
            .. trait.Offset.Duration() > Dates.TenYears
                ? [new Problem("INVALID_DURATION", $"{field}.traitDate.offset", "must be at most 10 years before or after the date.")]
                : Array.Empty<Problem>(),
        ],
        _ => [],
    };

    static IEnumerable<Problem> OfWaitForEvent(WaitForEventNode hold, string field)
    {
        if (hold.Events.Count is 0 or > MaxEvents)
            yield return new("INVALID_COUNT", $"{field}.events", $"must have 1 to {MaxEvents} items.");
        for (var i = 0; i < hold.Events.Count; i++)
        {
            foreach (var problem in Text(hold.Events[i].EventName, PersonEvent.MaxName, $"{field}.events[{i}].eventName"))
                yield return problem;
            if (hold.Events[i].Where is not { } where)
                continue;
            foreach (var problem in RuleValidator.Validate(where, RuleScope.EventOfEnrollment, $"{field}.events[{i}].where"))
                yield return problem;
        }

        foreach (var problem in Span(hold.Timeout, $"{field}.timeout"))
            yield return problem;
    }

    static IEnumerable<Problem> OfCondition(ConditionNode condition, string field)
    {
        if (condition.Branches.Count is 0 or > MaxBranches)
            yield return new("INVALID_COUNT", $"{field}.branches", $"must have 1 to {MaxBranches} items.");
        foreach (var problem in Names([.. condition.Branches.Select(branch => branch.Name)], $"{field}.branches", reserved: "else"))
            yield return problem;
        for (var i = 0; i < condition.Branches.Count; i++)
        {
            foreach (var problem in RuleValidator.Validate(condition.Branches[i].Rule, RuleScope.Journey, $"{field}.branches[{i}].rule"))
                yield return problem;
        }
    }

    static IEnumerable<Problem> OfSplit(SplitNode split, string field)
    {
        if (split.Variants.Count is < MinVariants or > MaxVariants)
            yield return new("INVALID_COUNT", $"{field}.variants", $"must have {MinVariants} to {MaxVariants} items.");
        foreach (var problem in Names([.. split.Variants.Select(variant => variant.Name)], $"{field}.variants", reserved: null))
            yield return problem;
        for (var i = 0; i < split.Variants.Count; i++)
        {
            if (!IsPercent(split.Variants[i].Percent))
                yield return new("INVALID_PERCENT", $"{field}.variants[{i}].percent", "must be more than 0 and at most 100, with at most two decimals.");
        }

        if (split.Variants.All(variant => IsPercent(variant.Percent))
            && split.Variants.Sum(variant => SplitHash.ToSlots(variant.Percent)) is var sum && sum != SplitHash.Slots)
            yield return new("PERCENT_SUM", $"{field}.variants", FormattableString.Invariant($"must have shares that sum to 100; they sum to {sum / 100m:0.##}."));
    }

    static bool IsPercent(double percent) =>
        percent is > 0 and <= 100 && Math.Abs((percent * 100) - Math.Round(percent * 100)) < 1e-6;

    static IEnumerable<Problem> Names(string[] names, string field, string? reserved)
    {
        for (var i = 0; i < names.Length; i++)
        {
            foreach (var problem in Text(names[i], MaxName, $"{field}[{i}].name"))
                yield return problem;
            if (names[i] == reserved)
                yield return new("RESERVED_NAME", $"{field}[{i}].name", $"must not be {reserved}, the branch that people take when no other matches.");
            if (names[i].Length > 0 && Array.IndexOf(names, names[i]) < i)
                yield return new("DUPLICATE_NAME", $"{field}[{i}].name", $"must be unique; {names[i]} is used twice.");
        }
    }

    static IEnumerable<Problem> Text(string text, int max, string field) =>
        text.Length == 0 ? [new("MISSING", field, "is required.")]
        : text.Length > max ? [new("TOO_LONG", field, $"must have at most {max} characters.")]
        : [];

    static IEnumerable<Problem> Span(TimeSpan? span, string field) =>
        span is { } given && (given < Second || given > Dates.TenYears)
            ? [new("INVALID_DURATION", field, "must be at least 1 second and at most 10 years.")]
            : [];
}
