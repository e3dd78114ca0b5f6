using System.Text.Json;

namespace Journeys.Engine;

/// <summary>The place of a rule, which decides the data that it may read.</summary>
public enum RuleScope
{
    /// <summary>About a person alone: audiences.</summary>
    Person,

    /// <summary>About a person in a journey: conditions and goals.</summary>
    Journey,

    /// <summary>About the properties of one event.</summary>
    Event,

    /// <summary>About the properties of one event that an enrollment waits for or that ends it.</summary>
    EventOfEnrollment,
}

/// <summary>Finds the problems of a rule, part by part.</summary>
public static class RuleValidator
{
    /// <summary>Maximum nesting of parts.</summary>
    public const int MaxDepth = 10;

    /// <summary>Maximum number of parts.</summary>
    public const int MaxParts = 200;

    const int MaxGroup = 100;
    const int MaxTimes = 1_000;

    /// <summary>Returns all problems; empty for a valid rule.</summary>
    /// <param name="rule">The rule; null when it is missing.</param>
    /// <param name="scope">The place of the rule.</param>
    /// <param name="field">The path to the rule, for the problems.</param>
    public static IReadOnlyList<Problem> Validate(Rule? rule, RuleScope scope, string field)
    {
        var check = new RuleCheck();
        check.Visit(rule, scope, field, 1);
        return check.Problems;
    }

    sealed class RuleCheck
    {
        int parts;

        public List<Problem> Problems { get; } = [];

        public void Visit(Rule? rule, RuleScope scope, string field, int depth)
        {
            if (depth > MaxDepth)
                Report(field, $"must be at most {MaxDepth} levels deep.");
            else if (++parts == MaxParts + 1)
                Report(field, $"must have at most {MaxParts} parts.");
            else if (parts <= MaxParts)
                VisitKind(rule, scope, field, depth);
        }

        void VisitKind(Rule? rule, RuleScope scope, string field, int depth)
        {
            switch (rule)
            {
                case GroupRule group:
                    if (group.Rules.Count is 0 or > MaxGroup)
                        Report($"{field}.group.rules", $"must have 1 to {MaxGroup} items.");
                    for (var i = 0; i < group.Rules.Count; i++)
                        Visit(group.Rules[i], scope, $"{field}.group.rules[{i}]", depth + 1);
                    break;
                case NotRule not:
                    Visit(not.Rule, scope, $"{field}.not.rule", depth + 1);
                    break;
                case ConditionRule condition:
                    VisitCondition(condition, scope, $"{field}.condition");
                    break;
                case EventRule or ContentRule or AudienceRule when scope is RuleScope.Event or RuleScope.EventOfEnrollment:
                    Report(field, "can only compare the event's properties.");
                    break;
                case EventRule happened:
                    VisitEvent(happened, $"{field}.event", depth);
                    break;
                case ContentRule content:
                    if (content.ContentId.Length is 0 or > NodeValidator.MaxContentId)
                        Report($"{field}.content.contentId", $"must have 1 to {NodeValidator.MaxContentId} characters.");
                    break;
                case AudienceRule audience:
                    if (!audience.IsNamed)
                        Report($"{field}.audience.audienceId", "must be a UUID.");
                    break;
                default:
                    Report(field, "is required.");
                    break;
            }
        }

        void VisitEvent(EventRule rule, string field, int depth)
        {
            if (rule.Name.Length is 0 or > PersonEvent.MaxName)
                Report($"{field}.name", $"must have 1 to {PersonEvent.MaxName} characters.");
            if (rule.Within is { } within && (within <= TimeSpan.Zero || within > Dates.TenYears))
                Report($"{field}.within", "must be more than 0 and at most 10 years.");
            if (rule.AtLeast is < 1 or > MaxTimes)
                Report($"{field}.atLeast", FormattableString.Invariant($"must be from 1 to {MaxTimes:N0}."));
            if (rule.Where is not null)
                Visit(rule.Where, RuleScope.Event, $"{field}.where", depth + 1);
        }

        void VisitCondition(ConditionRule rule, RuleScope scope, string field)
        {
            if (FieldPath.Parse(rule.Field) is not { } path || !IsAllowed(path.Root, scope))
                Report($"{field}.field", $"{(rule.Field.Length == 0 ? "is required" : $"must not be {rule.Field}")}; {Fields(scope)}.");
            if (!Enum.IsDefined(rule.Operator))
                Report($"{field}.operator", "must be a known operator.");
            else if (Expectation(rule.Operator, rule.Value) is { } expected)
                Report($"{field}.value", $"must be {expected} with {Spelling.Of(rule.Operator)}.");
        }

        void Report(string field, string message) => Problems.Add(new Problem("INVALID_RULE", field, message));
    }

    static bool IsAllowed(FieldRoot root, RuleScope scope) => scope switch
    {
        RuleScope.Event => root == FieldRoot.Properties,
        RuleScope.EventOfEnrollment => root is FieldRoot.Properties or FieldRoot.Entry,
        RuleScope.Journey => root != FieldRoot.Properties,
        _ => root is not (FieldRoot.Properties or FieldRoot.Journey or FieldRoot.Entry),
    };

    static string Fields(RuleScope scope) => scope switch
    {
        RuleScope.Event => "an event filter can use properties.<path>",
        RuleScope.EventOfEnrollment => "an event filter can use properties.<path> and entry.<path>",
        RuleScope.Journey => "the fields are userId, traits.<path>, role, device.type|os|browser, browser, location.<path>, journey.<nodeId>.<key>, entry.<path>",
        _ => "the fields are userId, traits.<path>, role, device.type|os|browser, browser, location.<path>",
    };

    // Returns what the value should be; null when it is valid.
    static string? Expectation(Operator op, JsonElement value) => op switch
    {
        Operator.Exists or Operator.NotExists => value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : "absent",
        Operator.Gt or Operator.Lt or Operator.Gte or Operator.Lte => value.ValueKind == JsonValueKind.Number ? null : "a number",
        Operator.Eq or Operator.Neq => IsPlain(value) || IsPlainList(value) ? null : "a string, number, boolean or list",
        Operator.Contains or Operator.NotContains => IsPlain(value) ? null : "a string, number or boolean",
        Operator.In or Operator.NotIn => IsPlainList(value) ? null : "a list of strings, numbers or booleans",
        Operator.StartsWith or Operator.EndsWith => value.ValueKind == JsonValueKind.String ? null : "a string",
        Operator.Regex => value.ValueKind == JsonValueKind.String && RegexMatcher.For(value.GetString()!) is not null
            ? null
            : "a regular expression of the supported subset",
        Operator.Before or Operator.After => Dates.Read(value) is not null ? null : "an RFC 3339 date",
        Operator.WithinLast or Operator.NotWithinLast => Dates.ReadDuration(value) is not null ? null : "a duration such as \"604800s\"",
        _ => null,
    };

    static bool IsPlain(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    static bool IsPlainList(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(IsPlain);
}
