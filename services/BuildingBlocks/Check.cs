using System.Collections.Frozen;
using Journeys.Protos;

namespace Journeys.BuildingBlocks;

/// <summary>Guards for request fields. Each returns the checked value or throws <see cref="InvalidInput"/>.</summary>
/// <remarks>Fields are named as the public JSON spells them: `journeyId`, not `journey_id`.</remarks>
public static class Check
{
    // Texts that JavaScript, Python, Go, Ruby, .NET and databases write for a missing value, and that pages write for
    // visitors who are not signed in.
    static readonly FrozenSet<string> MistakenIds = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "undefined", "null", "nil", "<nil>", "none", "NaN", "Infinity", "-Infinity", "true", "false", "{}", "[]", "\"\"", "''",
        "anonymous", "guest", "not_authenticated", Guid.Empty.ToString(),
        // Browsers and proxies remove these segments from a path, even when they are encoded, so a person with such an
        // id could be neither read nor erased.
        ".", "..");

    /// <summary>What is told of a name that nobody can see.</summary>
    public const string InvisibleName = "must have at least one visible character.";

    /// <summary>Number of items on a page when the request gives none.</summary>
    public const int DefaultPageSize = 50;

    /// <summary>Maximum number of items on a page.</summary>
    public const int MaxPageSize = 200;

    /// <summary>A UUID in its usual form with hyphens.</summary>
    public static Guid Uuid(string value, string field) =>
        Guid.TryParseExact(value, "D", out var id) ? id : throw new InvalidInput(field, "must be a UUID.");

    /// <summary>A UUID, or null when the field is empty.</summary>
    public static Guid? OptionalUuid(string value, string field) => value.Length == 0 ? null : Uuid(value, field);

    /// <summary>Text of `min` to `max` characters (UTF-16), without NUL and unpaired surrogates, which PostgreSQL cannot keep.</summary>
    public static string Text(string value, int min, int max, string field)
    {
        if (value.Length < min || value.Length > max)
            throw new InvalidInput(field, min == 0 ? $"must have at most {max} characters." : $"must have {min} to {max} characters.");
        if (value.Contains('\0'))
            throw new InvalidInput(field, "must not contain the NUL character.");

        return value;
    }

    /// <summary>A name: 1 to 255 characters, at least one of them visible.</summary>
    public static string Name(string value, string field) =>
        FreeText.IsVisible(Text(value, 1, Limits.Name, field)) ? value : throw new InvalidInput(field, InvisibleName);

    /// <summary>A name, or an empty text.</summary>
    public static string OptionalName(string value, string field) => value.Length == 0 ? value : Name(value, field);

    /// <summary>A description: at most 4,096 characters.</summary>
    public static string Description(string value, string field) => Text(value, 0, Limits.Description, field);

    /// <summary>A search text: at most 255 characters. An empty text finds everything.</summary>
    public static string Search(string value) => Text(value, 0, Limits.Name, "search");

    /// <summary>A `userId` or `anonymousId`: 1 to 256 characters, none of them a control character.</summary>
    public static string PersonId(string value, string field)
    {
        Text(value, 1, Limits.PersonId, field);
        return value.Any(char.IsControl) ? throw new InvalidInput(field, "must not contain control characters.") : value;
    }

    /// <summary>
    /// A `userId` or `anonymousId` for a new person. Refuses placeholders for a missing id, because many people would
    /// share one.
    /// </summary>
    public static string NewPersonId(string value, string field)
    {
        PersonId(value, field);
        var text = value.Trim();
        return text.Length == 0 || MistakenIds.Contains(text) || (text.StartsWith("[object ", StringComparison.OrdinalIgnoreCase) && text.EndsWith(']'))
            ? throw new InvalidInput(field, $"must be the id of one person; \"{value}\" is a placeholder for a missing id.")
            : value;
    }

    /// <summary>A list of `min` to `max` items.</summary>
    public static IReadOnlyList<T> Count<T>(IReadOnlyList<T> items, int min, int max, string field) =>
        items.Count >= min && items.Count <= max ? items : throw new InvalidInput(field, $"must have {min} to {max} items.");

    /// <summary>
    /// Enum values as tables store them, for instance the statuses to list. Refuses the unspecified value.
    /// </summary>
    public static string[] Values<T>(IReadOnlyCollection<T> values, string field)
        where T : struct, Enum
    {
        var known = Enum.GetValues<T>().Where(value => !value.Equals(default(T))).ToList();
        if (values.Any(value => !known.Contains(value)))
            throw new InvalidInput(field, $"must be {string.Join(", ", known.SkipLast(1).Select(EnumText.Text))} or {known[^1].Text()}.");

        return [.. values.Select(EnumText.Text)];
    }

    /// <summary>A whole number within bounds.</summary>
    public static int Range(int value, int min, int max, string field) =>
        value >= min && value <= max ? value : throw new InvalidInput(field, $"must be from {min} to {max}.");

    /// <summary>A message field that is required.</summary>
    public static T Present<T>(T? value, string field)
        where T : class =>
        value ?? throw new InvalidInput(field, "is required.");

    /// <summary>The size of a page: 50 when the value is 0, at most 200.</summary>
    public static int PageSize(int value) => value switch
    {
        < 0 => throw new InvalidInput("pageSize", "must not be negative."),
        0 => DefaultPageSize,
        _ => Math.Min(value, MaxPageSize),
    };
}
