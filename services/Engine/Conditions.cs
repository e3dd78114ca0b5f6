using System.Text.Json;

namespace Journeys.Engine;

/// <summary>Compiles one comparison.</summary>
static class Conditions
{
    delegate bool FieldTest(JsonElement field, in Facts facts);

    public static RulePredicate Compile(ConditionRule rule)
    {
        if (FieldPath.Parse(rule.Field) is not { } field || Test(rule.Operator, rule.Value) is not { } test)
            return static (in Facts _) => false;

        return field.Root == FieldRoot.UserId
            ? (in Facts facts) => test(facts.Person.UserId.Length == 0 ? default : JsonSerializer.SerializeToElement(facts.Person.UserId), facts)
            : (in Facts facts) => test(field.Read(facts), facts);
    }

    // An undefined field is missing. Negations match a missing field, because the negated test does not.
    static FieldTest? Test(Operator op, JsonElement value) => op switch
    {
        Operator.Eq => (field, in _) => IsEqual(field, value),
        Operator.Neq => (field, in _) => !IsEqual(field, value),
        Operator.Gt => (field, in _) => Compare(field, value) is > 0,
        Operator.Lt => (field, in _) => Compare(field, value) is < 0,
        Operator.Gte => (field, in _) => Compare(field, value) is >= 0,
        Operator.Lte => (field, in _) => Compare(field, value) is <= 0,
        Operator.Contains => (field, in _) => Contains(field, value),
        Operator.NotContains => (field, in _) => !Contains(field, value),
        Operator.In => (field, in _) => IsIn(field, value),
        Operator.NotIn => (field, in _) => !IsIn(field, value),
        Operator.Exists => (field, in _) => field.ValueKind != JsonValueKind.Undefined,
        Operator.NotExists => (field, in _) => field.ValueKind == JsonValueKind.Undefined,
        Operator.Regex => RegexTest(value),
        Operator.StartsWith => TextTest(value, static (text, part) => text.StartsWith(part, StringComparison.Ordinal)),
        Operator.EndsWith => TextTest(value, static (text, part) => text.EndsWith(part, StringComparison.Ordinal)),
        Operator.Before => DateTest(value, static (date, limit) => date < limit),
        Operator.After => DateTest(value, static (date, limit) => date > limit),
        Operator.WithinLast => WithinTest(value, expected: true),
        Operator.NotWithinLast => WithinTest(value, expected: false),
        _ => null,
    };

    static bool IsEqual(JsonElement field, JsonElement value) =>
        field.ValueKind != JsonValueKind.Undefined && value.ValueKind != JsonValueKind.Undefined && JsonElement.DeepEquals(field, value);

    static int? Compare(JsonElement field, JsonElement value) =>
        field.ValueKind == JsonValueKind.Number && value.ValueKind == JsonValueKind.Number
            ? field.GetDouble().CompareTo(value.GetDouble())
            : null;

    static bool Contains(JsonElement field, JsonElement value) => (field.ValueKind, value.ValueKind) switch
    {
        (JsonValueKind.String, JsonValueKind.String) => Fold(field.GetString()!).Contains(Fold(value.GetString()!), StringComparison.Ordinal),
        (JsonValueKind.Array, _) => field.EnumerateArray().Any(item => IsEqual(item, value)),
        _ => false,
    };

    static bool IsIn(JsonElement field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(item => IsEqual(field, item));

    // The simple lower-case mapping of Unicode, as in PostgreSQL's collation pg_c_utf8.
    static string Fold(string text) => text.ToLowerInvariant().Replace('\u0130', 'i');

    static FieldTest? RegexTest(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && RegexMatcher.For(value.GetString()!) is { } regex
            ? (field, in facts) => field.ValueKind == JsonValueKind.String && regex.IsMatch(field.GetString()!, facts.Person.Effort)
            : null;

    static FieldTest? TextTest(JsonElement value, Func<string, string, bool> test)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;

        var part = value.GetString()!;
        return (field, in _) => field.ValueKind == JsonValueKind.String && test(field.GetString()!, part);
    }

    static FieldTest? DateTest(JsonElement value, Func<DateTimeOffset, DateTimeOffset, bool> test) =>
        Dates.Read(value) is { } limit ? (field, in _) => Dates.Read(field) is { } date && test(date, limit) : null;

    static FieldTest? WithinTest(JsonElement value, bool expected) =>
        Dates.ReadDuration(value) is { } span
            ? (field, in facts) => (Dates.Read(field) is { } date && date >= facts.Now - span && date <= facts.Now) == expected
            : null;
}
