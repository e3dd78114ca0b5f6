using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Journeys.Gateways.OpenApi;

/// <summary>Describes messages as JSON schemas, and collects the schemas by name.</summary>
/// <remarks>
/// A request may leave out fields that an answer always has, so a message in both has two schemas: `rule.Rule` for
/// answers, and `rule.RuleInput` for requests.
/// </remarks>
/// <param name="comments">The comments of messages and fields.</param>
/// <param name="answers">The types of the answers.</param>
public sealed class Schemas(ProtoComments comments, IEnumerable<MessageDescriptor> answers)
{
    readonly HashSet<MessageDescriptor> inAnswers = WithContents(answers);

    /// <summary>The schemas for `components.schemas`: every requested message, and the messages in it.</summary>
    public JsonObject Components { get; } = [];

    /// <summary>Returns a reference to the schema of a message in a request.</summary>
    /// <param name="message">The message.</param>
    /// <param name="without">Fields that are sent elsewhere, such as in the path.</param>
    public JsonNode OfRequest(MessageDescriptor message, IReadOnlySet<FieldDescriptor>? without = null) => Of(message, isAnswer: false, without);

    /// <summary>Returns a reference to the schema of a message in an answer.</summary>
    public JsonNode OfAnswer(MessageDescriptor message) => Of(message, isAnswer: true);

    /// <summary>Returns the schema of a request's field, with its comment.</summary>
    public JsonObject OfRequest(FieldDescriptor field) => Of(field, isAnswer: false);

    JsonObject Of(MessageDescriptor message, bool isAnswer, IReadOnlySet<FieldDescriptor>? without = null)
    {
        switch (message.FullName)
        {
            case "google.protobuf.Timestamp":
                return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
            case "google.protobuf.Duration":
                return new JsonObject { ["type"] = "string", ["pattern"] = @"^-?[0-9]+(\.[0-9]+)?s$", ["examples"] = new JsonArray("3600s") };
            case "google.protobuf.Struct":
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = true };
            case "google.protobuf.Empty":
                return new JsonObject { ["type"] = "object" };
            case "google.protobuf.Value":
                return new JsonObject { ["description"] = "Any JSON value." };
        }

        var name = NameOf(message) + (!isAnswer && inAnswers.Contains(message) ? "Input" : "");
        if (!Components.ContainsKey(name))
        {
            // Added before its fields are described, because a message may contain itself.
            var schema = new JsonObject();
            Components[name] = schema;
            Describe(message, schema, isAnswer, without);
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    JsonObject Of(FieldDescriptor field, bool isAnswer)
    {
        var one = Single(field, isAnswer);
        var schema = field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = one } : one;
        if (comments.Of(field.FullName) is { Length: > 0 } words)
            schema["description"] = words;
        return schema;
    }

    /// <summary>Returns whether the comment says that a request must have the field.</summary>
    public bool IsRequired(FieldDescriptor field) => comments.Of(field.FullName).StartsWith("Required.", StringComparison.Ordinal);

    // For example, journeys.rule.v1.Rule.Group becomes rule.Rule.Group.
    static string NameOf(IDescriptor descriptor)
    {
        var package = descriptor.File.Package;
        return $"{package.Split('.')[1]}{descriptor.FullName[package.Length..]}";
    }

    static HashSet<MessageDescriptor> WithContents(IEnumerable<MessageDescriptor> messages)
    {
        var found = new HashSet<MessageDescriptor>();
        var left = new Stack<MessageDescriptor>(messages);
        while (left.TryPop(out var message))
        {
            if (!found.Add(message))
                continue;
            foreach (var field in message.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
                left.Push(field.MessageType);
        }

        return found;
    }

    // An answer has every field except absent messages, alternatives of a oneof that are not set, and optional fields.
    bool IsRequired(FieldDescriptor field, bool isAnswer) => isAnswer ? !field.HasPresence : IsRequired(field);

    void Describe(MessageDescriptor message, JsonObject schema, bool isAnswer, IReadOnlySet<FieldDescriptor>? without)
    {
        var fields = message.Fields.InDeclarationOrder().Where(field => without?.Contains(field) != true).ToList();
        var properties = new JsonObject();
        foreach (var field in fields)
            properties[field.JsonName] = Of(field, isAnswer);

        schema["type"] = "object";
        schema["description"] = string.Join(' ', message.Oneofs.Where(oneof => !oneof.IsSynthetic)
            .Select(oneof => $"Exactly one of {string.Join(", ", oneof.Fields.Select(field => $"`{field.JsonName}`"))}.")
            .Prepend(comments.Of(message.FullName)));
        schema["properties"] = properties;
        // For the page at /docs, whose examples use one field of each oneof.
        var oneofs = message.Oneofs.Where(oneof => !oneof.IsSynthetic)
            .Select(oneof => (JsonNode)new JsonArray([.. oneof.Fields.Select(field => (JsonNode)field.JsonName)])).ToArray();
        if (oneofs.Length > 0)
            schema["x-oneofs"] = new JsonArray(oneofs);
        var required = fields.Where(field => IsRequired(field, isAnswer)).Select(field => (JsonNode)field.JsonName).ToArray();
        if (required.Length > 0)
            schema["required"] = new JsonArray(required);
    }

    JsonObject Single(FieldDescriptor field, bool isAnswer) => field.FieldType switch
    {
        FieldType.Bool => new() { ["type"] = "boolean" },
        FieldType.Int32 => new() { ["type"] = "integer", ["format"] = "int32" },
        FieldType.Double => new() { ["type"] = "number", ["format"] = "double" },
        FieldType.Enum => OfEnum(field.EnumType),
        FieldType.Message => Of(field.MessageType, isAnswer),
        _ => new() { ["type"] = "string" },
    };

    JsonObject OfEnum(EnumDescriptor type)
    {
        var name = NameOf(type);
        if (!Components.ContainsKey(name))
        {
            var lines = type.Values.Select(value => $"- `{value.Name}`: {comments.Of($"{type.FullName}.{value.Name}")}");
            Components[name] = new JsonObject
            {
                ["type"] = "string",
                ["description"] = $"{comments.Of(type.FullName)}\n\n{string.Join('\n', lines)}",
                ["enum"] = new JsonArray([.. type.Values.Select(value => (JsonNode)value.Name)]),
            };
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }
}
