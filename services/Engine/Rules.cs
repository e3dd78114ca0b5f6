using System.Text.Json;

namespace Journeys.Engine;

/// <summary>A yes-or-no question about one person. A closed family.</summary>
public abstract record Rule;

/// <summary>Combines rules with "and" or "or".</summary>
public sealed record GroupRule(bool IsAnd, IReadOnlyList<Rule> Rules) : Rule;

/// <summary>Holds when its rule does not.</summary>
public sealed record NotRule(Rule Rule) : Rule;

/// <summary>Compares a field with a value. The value is `Undefined` for operators that take none.</summary>
public sealed record ConditionRule(string Field, Operator Operator, JsonElement Value = default) : Rule;

/// <summary>Holds when the event happened at least n times, optionally within a time span until now.</summary>
public sealed record EventRule(string Name, Rule? Where = null, TimeSpan? Within = null, int AtLeast = 1) : Rule;

/// <summary>Holds when the person finished the content, with this outcome or with any (null).</summary>
public sealed record ContentRule(string ContentId, ContentOutcome? Outcome = null) : Rule;

/// <summary>Holds for members of an audience of the same site.</summary>
public sealed record AudienceRule(Guid AudienceId) : Rule
{
    /// <summary>False when the author wrote no valid UUID; the rule then holds for nobody.</summary>
    public bool IsNamed { get; init; } = true;
}

/// <summary>How content was finished.</summary>
public enum ContentOutcome
{
    Completed,
    Dismissed,
    Skipped,
}

/// <summary>How a field is compared with a value. There is no type coercion; a value of another type does not match.</summary>
public enum Operator
{
    /// <summary>Same type and value; numbers as doubles; lists element by element.</summary>
    Eq,

    /// <summary>Not <see cref="Eq"/>.</summary>
    Neq,

    /// <summary>Greater than; numbers only.</summary>
    Gt,

    /// <summary>Less than; numbers only.</summary>
    Lt,

    /// <summary>Greater than or equal; numbers only.</summary>
    Gte,

    /// <summary>Less than or equal; numbers only.</summary>
    Lte,

    /// <summary>Text that contains the value, ignoring case (Unicode simple lower case), or a list with an element that equals the value.</summary>
    Contains,

    /// <summary>Not <see cref="Contains"/>.</summary>
    NotContains,

    /// <summary>Equal to an element of the value, which is a list.</summary>
    In,

    /// <summary>Not <see cref="In"/>.</summary>
    NotIn,

    /// <summary>Present and not null.</summary>
    Exists,

    /// <summary>Absent or null.</summary>
    NotExists,

    /// <summary>Text that matches somewhere. See <see cref="RegexSubset"/> for what is allowed.</summary>
    Regex,

    /// <summary>Text that starts with the value; case-sensitive.</summary>
    StartsWith,

    /// <summary>Text that ends with the value; case-sensitive.</summary>
    EndsWith,

    /// <summary>RFC 3339 time before the value.</summary>
    Before,

    /// <summary>RFC 3339 time after the value.</summary>
    After,

    /// <summary>RFC 3339 time from (now - value) to now; the value is a duration such as `604800s`.</summary>
    WithinLast,

    /// <summary>Not <see cref="WithinLast"/>.</summary>
    NotWithinLast,
}
