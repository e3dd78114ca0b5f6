using System.Text.Json;
using System.Text.RegularExpressions;

namespace Journeys.Engine;

/// <summary>
/// Finds what the SDK cannot show in a payload. Unknown fields are allowed for a page's own renderers, unless a name is
/// so similar to a known one that it is likely a mistake. Names that begin with <c>x_</c> are never checked, and
/// neither is a payload that has no other fields.
/// </summary>
static partial class PayloadValidator
{
    const string Own = "x_";
    const int MaxRating = 10;

    /// <summary>Maximum number of problems reported for one payload, which may have thousands of fields.</summary>
    const int MaxProblems = 20;

    delegate IEnumerable<Problem> Shape(JsonElement value, string field);

    static readonly Dictionary<string, Shape> ImageFields = new() { ["url"] = Address, ["alt"] = Text };
    static readonly Dictionary<string, Shape> ButtonFields = new() { ["label"] = Text, ["url"] = Address, ["newTab"] = Flag };
    static readonly Dictionary<string, Shape> SubmitFields = new() { ["label"] = Text };

    static readonly Dictionary<string, Shape> TaskFields =
        new() { ["id"] = Text, ["label"] = Text, ["body"] = Text, ["url"] = Address, ["event"] = Text };

    static readonly Dictionary<string, Shape> QuestionFields = new()
    {
        ["id"] = Text,
        ["type"] = OneOf("text", "single", "multiple", "rating", "nps"),
        ["label"] = Text,
        ["required"] = Flag,
        ["options"] = Options,
        ["placeholder"] = Text,
        ["max"] = Rating,
        ["lowLabel"] = Text,
        ["highLabel"] = Text,
    };

    static readonly Dictionary<string, Shape> Common = new() { ["title"] = Text, ["body"] = Text, ["closeLabel"] = Text, ["image"] = OfFields(ImageFields) };

    static readonly Dictionary<string, Shape> Pressed =
        new(Common) { ["primary"] = OfFields(ButtonFields), ["secondary"] = OfFields(ButtonFields) };

    static readonly Dictionary<string, Shape> Anchored =
        new(Pressed) { ["selector"] = Text, ["placement"] = OneOf("bottom", "top", "right", "left"), ["fallback"] = OneOf("corner", "none") };

    static readonly Dictionary<string, Dictionary<string, Shape>> Types = new()
    {
        ["ANNOUNCEMENT"] = new(Pressed) { ["style"] = OneOf("modal", "banner"), ["position"] = OneOf("top", "bottom"), ["dismissible"] = Flag },
        ["TOOLTIP"] = Anchored,
        ["BEACON"] = Anchored,
        ["SURVEY"] = new(Common)
        {
            ["secondary"] = OfFields(ButtonFields),
            ["submit"] = OfFields(SubmitFields),
            ["style"] = OneOf("modal", "corner"),
            ["dismissible"] = Flag,
            ["questions"] = ListOf(Question),
        },
        ["TASK_LIST"] = new(Common) { ["tasks"] = ListOf(Task), ["dismissible"] = Flag },
    };

    public static IEnumerable<Problem> Validate(string contentType, JsonElement payload, string field)
    {
        if (!Types.TryGetValue(contentType, out var known) || payload.ValueKind != JsonValueKind.Object
            || payload.EnumerateObject().All(each => each.Name.StartsWith(Own, StringComparison.Ordinal)))
            return [];

        var withLocales = new Dictionary<string, Shape>(known) { ["locales"] = (locales, at) => Locales(locales, at, known) };
        var problems = Fields(payload, field, withLocales);
        if (ReferenceEquals(known, Anchored) && !HasText(payload, "selector"))
            problems = problems.Prepend(new("MISSING", $"{field}.selector", "is required."));
        return problems.Take(MaxProblems);
    }

    static Shape OfFields(Dictionary<string, Shape> known) => (value, field) => Fields(value, field, known);

    static IEnumerable<Problem> Fields(JsonElement value, string field, Dictionary<string, Shape> known)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return [new("INVALID_VALUE", field, "must be an object.")];

        return value.EnumerateObject().Where(each => each.Value.ValueKind != JsonValueKind.Null).SelectMany(each => known.TryGetValue(each.Name, out var shape) ? shape(each.Value, $"{field}.{each.Name}")
            : !each.Name.StartsWith(Own, StringComparison.Ordinal) && known.Keys.FirstOrDefault(name => IsNear(each.Name, name)) is { } near
                ? [new Problem("UNKNOWN_FIELD", $"{field}.{each.Name}", $"is not a field; did you mean {near}? Names of your own begin with {Own}.")]
                : []);
    }

    static IEnumerable<Problem> Locales(JsonElement locales, string field, Dictionary<string, Shape> known) =>
        locales.ValueKind != JsonValueKind.Object ? [new("INVALID_VALUE", field, "must be an object.")]
        : locales.EnumerateObject().SelectMany(locale => LanguageTag().IsMatch(locale.Name)
            ? Fields(locale.Value, $"{field}.{locale.Name}", known)
            : [new Problem("INVALID_LANGUAGE", $"{field}.{locale.Name}", "must be a language tag, such as de or pt-BR.")]);

    static Shape ListOf(Shape item) => (value, field) =>
        value.ValueKind != JsonValueKind.Array ? [new("INVALID_VALUE", field, "must be a list.")]
        : [.. value.EnumerateArray().SelectMany((each, index) => item(each, $"{field}[{index}]")), .. SameIds(value, field)];

    static IEnumerable<Problem> SameIds(JsonElement items, string field)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var item in items.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && IsText(id) && id.ToString().Length > 0 && !seen.Add(id.ToString()))
                yield return new("DUPLICATE_ID", $"{field}[{index}].id", $"must be unique; {id} is used twice.");
            index++;
        }
    }

    static IEnumerable<Problem> Task(JsonElement task, string field) => [.. Fields(task, field, TaskFields), .. Label(task, field)];

    static IEnumerable<Problem> Question(JsonElement question, string field) =>
    [
        .. Fields(question, field, QuestionFields), .. Label(question, field),
        .. HasChoices(question) && !question.TryGetProperty("options", out _) ? Options(default, $"{field}.options") : [],
    ];

    static IEnumerable<Problem> Label(JsonElement item, string field) =>
        item.ValueKind == JsonValueKind.Object && !HasText(item, "label") ? [new("MISSING", $"{field}.label", "is required.")] : [];

    static bool HasChoices(JsonElement question) =>
        question.ValueKind == JsonValueKind.Object && question.TryGetProperty("type", out var type) && IsText(type) && type.ToString() is "single" or "multiple";

    static IEnumerable<Problem> Options(JsonElement options, string field)
    {
        if (options.ValueKind != JsonValueKind.Undefined && options.ValueKind != JsonValueKind.Array)
            return [new("INVALID_VALUE", field, "must be a list.")];
        if (options.ValueKind == JsonValueKind.Undefined || options.GetArrayLength() == 0)
            return [new("INVALID_COUNT", field, "must have at least 1 item.")];

        return options.EnumerateArray().SelectMany((option, index) =>
            IsText(option) && option.ToString().Length > 0 || (option.ValueKind == JsonValueKind.Object && (HasText(option, "label") || HasText(option, "value")))
                ? Array.Empty<Problem>()
                : [new("INVALID_VALUE", $"{field}[{index}]", "must be text, or an object with a value and a label.")]);
    }

    static IEnumerable<Problem> Rating(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var max) && max is >= 1 and <= MaxRating ? []
        : [new("INVALID_VALUE", field, $"must be a whole number from 1 to {MaxRating}.")];

    static Shape OneOf(params string[] values) => (value, field) =>
        value.ValueKind == JsonValueKind.String && (value.GetString() is "" || values.Contains(value.GetString())) ? []
        : [new("INVALID_VALUE", field, $"must be {string.Join(", ", values[..^1])} or {values[^1]}.")];

    static IEnumerable<Problem> Text(JsonElement value, string field) => IsText(value) ? [] : [new("INVALID_VALUE", field, "must be text.")];

    static IEnumerable<Problem> Flag(JsonElement value, string field) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? [] : [new("INVALID_VALUE", field, "must be true or false.")];

    static IEnumerable<Problem> Address(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.String && Scheme().Match(value.GetString()!) is { } scheme
        && (!scheme.Success || scheme.Groups[1].Value.ToUpperInvariant() is "HTTP" or "HTTPS" or "MAILTO" or "TEL")
            ? []
            : [new("INVALID_ADDRESS", field, "must be relative, or begin with http:, https:, mailto: or tel:.")];

    static bool IsText(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number;

    static bool HasText(JsonElement from, string name) => from.TryGetProperty(name, out var value) && IsText(value) && value.ToString().Length > 0;

    // At most one edit in a short name, at most two in a long name, or a difference in capitals.
    static bool IsNear(string name, string known) =>
        name.Equals(known, StringComparison.OrdinalIgnoreCase) || (Math.Abs(name.Length - known.Length) <= 2 && Distance(name, known) <= (known.Length > 4 ? 2 : 1));

    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (row[j], diagonal) = (Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)), row[j]);
        }

        return row[^1];
    }

    [GeneratedRegex("^[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*$")]
    private static partial Regex LanguageTag();

    // As browsers parse addresses: blanks before the scheme and line breaks within it are ignored.
    [GeneratedRegex(@"^[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\-\t\r\n]*):")]
    private static partial Regex Scheme();
}
