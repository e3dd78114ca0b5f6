using System.Text.Json;

namespace Journeys.Engine;

/// <summary>The data that contains a rule's field.</summary>
public enum FieldRoot
{
    UserId,
    Traits,
    Context,
    Journey,
    Entry,
    Properties,
}

/// <summary>A field of the rule language: a root and a path of object keys below it.</summary>
public sealed record FieldPath(FieldRoot Root, string[] Keys)
{
    /// <summary>Parses a field such as `traits.plan.name`; null when there is no such field.</summary>
    public static FieldPath? Parse(string field)
    {
        var parts = field.Split('.');
        if (field.Length > 256 || parts.Any(part => part.Length == 0 || part.Contains('\0')))
            return null;

        return (parts[0], parts.Length) switch
        {
            ("userId", 1) => new(FieldRoot.UserId, []),
            ("traits", > 1) => new(FieldRoot.Traits, parts[1..]),
            ("role" or "browser", 1) => new(FieldRoot.Context, parts),
            ("device", 2) when parts[1] is "type" or "os" or "browser" => new(FieldRoot.Context, parts),
            ("location", > 1) => new(FieldRoot.Context, parts),
            ("journey", > 2) => new(FieldRoot.Journey, parts[1..]),
            ("entry", > 1) => new(FieldRoot.Entry, parts[1..]),
            ("properties", > 1) => new(FieldRoot.Properties, parts[1..]),
            _ => null,
        };
    }

    /// <summary>Returns the field's value; undefined when it is missing or null.</summary>
    public JsonElement Read(in Facts facts)
    {
        var value = Root switch
        {
            FieldRoot.Traits => facts.Person.Traits,
            FieldRoot.Context => facts.Person.Context,
            FieldRoot.Journey => facts.Data?.Root ?? default,
            FieldRoot.Entry => facts.Data?.Entry ?? default,
            FieldRoot.Properties => facts.Event?.Properties ?? default,
            _ => default,
        };
        foreach (var key in Keys)
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(key, out value))
                return default;
        }

        return value.ValueKind == JsonValueKind.Null ? default : value;
    }
}
