using System.Text.Json;
using System.Text.RegularExpressions;

namespace Journeys.Engine;

/// <summary>Compiles one comparison.</summary>
static class Conditions
{
    public static RulePredicate Compile(ConditionRule rule)
    {
        if (FieldPath.Parse(rule.Field) is not { } field || Test(rule.Operator, rule.Value) is not { } test)
            return static (in Facts _) => false;

        return field.Root == FieldRoot.UserId
            ? (in Facts facts) => test(facts.Person.UserId.Length == 0 ? default : JsonSerializer.SerializeToElement(facts.Person.UserId), facts.Now)
            : (in Facts facts) => test(field.Read(facts), facts.Now);
    }

    // Undefined stands for missing. Negations hold for it because what they negate does not.
    static Func<JsonElement, DateTimeOffset, bool>? Test(Operator op, JsonElement value) => op switch
    {
        Operator.Eq => (field, _) => IsEqual(field, value),
        Operator.Neq => (field, _) => !IsEqual(field, value),
        Operator.Gt => (field, _) => Compare(field, value) is > 0,
        Operator.Lt => (field, _) => Compare(field, value) is < 0,
        Operator.Gte => (field, _) => Compare(field, value) is >= 0,
        Operator.Lte => (field, _) => Compare(field, value) is <= 0,
        Operator.Contains => (field, _) => Contains(field, value),
        Operator.NotContains => (field, _) => !Contains(field, value),
        Operator.In => (field, _) => IsIn(field, value),
        Operator.NotIn => (field, _) => !IsIn(field, value),
        Operator.Exists => (field, _) => field.ValueKind != JsonValueKind.Undefined,
        Operator.NotExists => (field, _) => field.ValueKind == JsonValueKind.Undefined,
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

    // The simple lower-case mapping of Unicode, as PostgreSQL's collation pg_c_utf8 has it.
    static string Fold(string text) => text.ToLowerInvariant().Replace('\u0130', 'i');

    static Func<JsonElement, DateTimeOffset, bool>? RegexTest(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && RegexSubset.ToDotNet(value.GetString()!) is Regex regex
            ? (field, _) => field.ValueKind == JsonValueKind.String && regex.IsMatch(field.GetString()!)
            : null;

    static Func<JsonElement, DateTimeOffset, bool>? TextTest(JsonElement value, Func<string, string, bool> test)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;

        var part = value.GetString()!;
        return (field, _) => field.ValueKind == JsonValueKind.String && test(field.GetString()!, part);
    }

    static Func<JsonElement, DateTimeOffset, bool>? DateTest(JsonElement value, Func<DateTimeOffset, DateTimeOffset, bool> test) =>
        Dates.Read(value) is { } limit ? (field, _) => Dates.Read(field) is { } date && test(date, limit) : null;

    static Func<JsonElement, DateTimeOffset, bool>? WithinTest(JsonElement value, bool expected) =>
        Dates.ReadDuration(value) is { } span
            ? (field, now) => (Dates.Read(field) is { } date && date >= now - span && date <= now) == expected
            : null;
}
