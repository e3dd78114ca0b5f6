namespace Journeys.Engine;

/// <summary>What it takes to evaluate a rule, with the audiences that it names written out in their places.</summary>
/// <param name="Parts">Its parts.</param>
/// <param name="Patterns">Regular expressions among them.</param>
/// <param name="PatternSize">The characters of those, repetitions written out.</param>
/// <param name="Levels">Audiences inside audiences.</param>
public readonly record struct RuleCost(int Parts, int Patterns = 0, int PatternSize = 0, int Levels = 0)
{
    /// <summary>The most parts of a rule.</summary>
    public const int MaxParts = 1_000;

    /// <summary>The most regular expressions of a rule. PostgreSQL keeps 32 ready and would make more of them anew for each person.</summary>
    public const int MaxPatterns = 20;

    /// <summary>The most characters of a rule's regular expressions.</summary>
    public const int MaxPatternSize = 2_000;

    /// <summary>The most audiences inside audiences. What lies deeper matches nobody.</summary>
    public const int MaxLevels = 10;

    // No sum gets near where numbers overflow.
    const int Most = 1_000_000;

    /// <summary>Why a rule takes too much, as `must have at most...`; null when it does not.</summary>
    public string? Fault =>
        Parts > MaxParts ? $"must have at most {MaxParts:N0} parts, including those of the audiences it names; it has {Written(Parts)}."
        : Patterns > MaxPatterns ? $"must have at most {MaxPatterns} regular expressions, including those of the audiences it names; it has {Written(Patterns)}."
        : PatternSize > MaxPatternSize
            ? $"must have at most {MaxPatternSize:N0} characters of regular expressions in total, with repetitions expanded and including the audiences it names; it has {Written(PatternSize)}."
        : Levels > MaxLevels ? $"must nest audiences at most {MaxLevels} levels deep; it nests {Written(Levels)}."
        : null;

    /// <summary>Whether it takes more of anything.</summary>
    public bool IsMoreThan(RuleCost other) =>
        Parts > other.Parts || Patterns > other.Patterns || PatternSize > other.PatternSize || Levels > other.Levels;

    /// <summary>Both together.</summary>
    public static RuleCost operator +(RuleCost one, RuleCost other) => new(
        Math.Min(Most, one.Parts + other.Parts),
        Math.Min(Most, one.Patterns + other.Patterns),
        Math.Min(Most, one.PatternSize + other.PatternSize),
        Math.Max(one.Levels, other.Levels));

    /// <summary>A number as messages write it.</summary>
    public static string Written(int number) => FormattableString.Invariant($"{(number >= Most ? "over " : "")}{number:N0}");
}

/// <summary>Counts what rules take, each audience once however often it is named.</summary>
/// <param name="audiences">Finds the rule of an audience; null when there is none.</param>
public sealed class RuleCosts(Func<Guid, Rule?> audiences)
{
    readonly Dictionary<Guid, RuleCost> known = [];

    /// <summary>What a rule takes.</summary>
    public RuleCost Of(Rule rule)
    {
        foreach (var audienceId in RuleNeeds.Of(rule).Audiences)
            Learn(audienceId);
        return Sum(rule);
    }

    // Without recursion: an older release let any number of audiences stand inside one another.
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

    // What is not known is missing, or leads back in a circle; both match nobody.
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
