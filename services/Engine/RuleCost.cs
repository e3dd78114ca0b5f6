namespace Journeys.Engine;

/// <summary>The cost of a rule, with the audiences that it names expanded in place.</summary>
/// <param name="Parts">The number of parts.</param>
/// <param name="Patterns">The number of regular expressions among the parts.</param>
/// <param name="PatternSize">The number of characters in the regular expressions, with repetitions expanded.</param>
/// <param name="Levels">How deeply audiences are nested.</param>
public readonly record struct RuleCost(int Parts, int Patterns = 0, int PatternSize = 0, int Levels = 0)
{
    /// <summary>Maximum number of parts in a rule.</summary>
    public const int MaxParts = 1_000;

    /// <summary>
    /// Maximum number of regular expressions in a rule. PostgreSQL caches 32 and would compile more of them again for
    /// each person.
    /// </summary>
    public const int MaxPatterns = 20;

    /// <summary>Maximum number of characters in a rule's regular expressions.</summary>
    public const int MaxPatternSize = 2_000;

    /// <summary>Maximum nesting of audiences. An audience that is nested deeper matches nobody.</summary>
    public const int MaxLevels = 10;

    // Caps every sum, so that no number overflows.
    const int Most = 1_000_000;

    /// <summary>Returns why a rule costs too much, as `must have at most...`; null when it does not.</summary>
    public string? Fault =>
        Parts > MaxParts ? $"must have at most {MaxParts:N0} parts, including those of the audiences it names; it has {Written(Parts)}."
        : Patterns > MaxPatterns ? $"must have at most {MaxPatterns} regular expressions, including those of the audiences it names; it has {Written(Patterns)}."
        : PatternSize > MaxPatternSize
            ? $"must have at most {MaxPatternSize:N0} characters of regular expressions in total, with repetitions expanded and including the audiences it names; it has {Written(PatternSize)}."
        : Levels > MaxLevels ? $"must nest audiences at most {MaxLevels} levels deep; it nests {Written(Levels)}."
        : null;

    /// <summary>Returns whether this cost exceeds another one in any respect.</summary>
    public bool IsMoreThan(RuleCost other) =>
        Parts > other.Parts || Patterns > other.Patterns || PatternSize > other.PatternSize || Levels > other.Levels;

    /// <summary>Adds two costs.</summary>
    public static RuleCost operator +(RuleCost one, RuleCost other) => new(
        Math.Min(Most, one.Parts + other.Parts),
        Math.Min(Most, one.Patterns + other.Patterns),
        Math.Min(Most, one.PatternSize + other.PatternSize),
        Math.Max(one.Levels, other.Levels));

    /// <summary>Formats a number for messages.</summary>
    public static string Written(int number) => FormattableString.Invariant($"{(number >= Most ? "over " : "")}{number:N0}");
}

/// <summary>Computes the costs of rules. Computes each audience once, however often it is named.</summary>
/// <param name="audiences">Finds the rule of an audience; null when there is none.</param>
public sealed class RuleCosts(Func<Guid, Rule?> audiences)
{
    readonly Dictionary<Guid, RuleCost> known = [];

    /// <summary>Returns the cost of a rule.</summary>
    public RuleCost Of(Rule rule)
    {
        foreach (var audienceId in RuleNeeds.Of(rule).Audiences)
            Learn(audienceId);
        return Sum(rule);
    }

    // Without recursion, because an older release allowed any depth of nested audiences.
    void Learn(Guid audienceId)
    {
        var begun = new HashSet<Guid>();
        var open = new Stack<Guid>([audienceId]);
        while (open.TryPeek(out var next))
        {
            var rule = known.ContainsKey(next) ? null : audiences(next);
            if (rule is not null && begun.Add(next))
            {
                foreach (var inner in RuleNeeds.Of(rule).Audiences.Where(inner => !begun.Contains(inner)))
                    open.Push(inner);
                continue;
            }

            if (rule is not null)
                known[next] = Sum(rule);
            open.Pop();
        }
    }

    // An unknown audience is missing or part of a circle; both match nobody.
    RuleCost Sum(Rule? rule) => rule switch
    {
        GroupRule group => group.Rules.Aggregate(new RuleCost(1), (sum, part) => sum + Sum(part)),
        NotRule not => new RuleCost(1) + Sum(not.Rule),
        EventRule { Where: { } where } => new RuleCost(1) + Sum(where),
        ConditionRule { Operator: Operator.Regex, Value.ValueKind: System.Text.Json.JsonValueKind.String } condition =>
            new(1, 1, RegexSubset.SizeOf(condition.Value.GetString()!)),
        AudienceRule audience when known.TryGetValue(audience.AudienceId, out var inner) => new RuleCost(1) + (inner with { Levels = inner.Levels + 1 }),
        _ => new(1),
    };
}
