using System.Collections;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.Gateways.Auditing;

/// <summary>
/// Selects what the audit log may store of a message: our own ids, names, numbers, and which other fields were set.
/// Never their text.
/// </summary>
public static class AuditFacts
{
    static readonly HashSet<string> OfAnswers = ["name", "status", "state", "version", "revision"];

    /// <summary>
    /// Returns the fields that are set in a request, except those that have columns of their own; null when there are
    /// none.
    /// </summary>
    public static string? OfRequest(IMessage request, FieldDescriptor? target) =>
        Write(request, request.Descriptor.Fields.InDeclarationOrder().Where(field => field != target && field.Name != "site_id"));

    /// <summary>
    /// Returns the state of the object after the call, as the answer describes it; null when the answer does not.
    /// </summary>
    public static string? OfAnswer(IMessage answer) =>
        Write(answer, answer.Descriptor.Fields.InDeclarationOrder().Where(field => OfAnswers.Contains(field.Name) && field.FieldType != FieldType.Message));

    static string? Write(IMessage message, IEnumerable<FieldDescriptor> fields)
    {
        var facts = new JsonObject();
        foreach (var field in fields)
        {
            if (FactOf(message, field) is { } fact)
                facts[field.JsonName] = fact;
        }

        return facts.Count > 0 ? facts.ToJsonString() : null;
    }

    static JsonValue? FactOf(IMessage message, FieldDescriptor field)
    {
        var value = field.Accessor.GetValue(message);
        // The number of items only, because the items may be people.
        if (value is ICollection many)
            return many.Count > 0 ? JsonValue.Create(many.Count) : null;
        if (field.HasPresence && !field.Accessor.HasValue(message))
            return null;

        return value switch
        {
            string { Length: 0 } when !field.HasPresence => null,
            string text => MayBeKept(field, text) ? JsonValue.Create(text) : JsonValue.Create(true),
            bool flag => flag || field.HasPresence ? JsonValue.Create(flag) : null,
            int number => number != 0 || field.HasPresence ? JsonValue.Create(number) : null,
            Enum => EnumFact(field, value),
            _ => JsonValue.Create(true),
        };
    }

    static JsonValue? EnumFact(FieldDescriptor field, object value) =>
        field.EnumType.FindValueByNumber((int)value) is { } known && (known.Number != 0 || field.HasPresence) ? JsonValue.Create(known.Name) : null;

    // A request that is refused later can contain text of any size, and characters that PostgreSQL cannot store.
    static bool MayBeKept(FieldDescriptor field, string text) =>
        text.Length <= 255 && !text.Any(char.IsControl) && BuildingBlocks.FreeText.IsWellFormed(text)
        && (field.Name == "name" || (IsOurId(field.Name) && Guid.TryParseExact(text, "D", out _)));

    static bool IsOurId(string field) => field.EndsWith("_id", StringComparison.Ordinal) && field is not ("user_id" or "anonymous_id");
}
