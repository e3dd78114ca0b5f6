using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Journeys.EndToEnd.Tests;

/// <summary>The schemas of `/openapi.json` or `/asyncapi.json`.</summary>
/// <param name="document">The description.</param>
public sealed class DescribedSchemas(JsonObject document)
{
    static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    readonly ConcurrentDictionary<string, JsonSchema> known = new();

    /// <summary>What is wrong with this JSON; null when nothing is.</summary>
    public string? FaultOf(string json, string schema)
    {
        using var answer = JsonDocument.Parse(json);
        return FaultOf(answer.RootElement, known.GetOrAdd(schema, Read));
    }

    /// <summary>What is wrong with a value whose schema has no name; null when nothing is.</summary>
    public static string? FaultOf(JsonObject value, JsonObject schema)
    {
        var complete = schema.DeepClone().AsObject();
        complete["additionalProperties"] = false;
        return FaultOf(JsonSerializer.SerializeToElement(value), JsonSchema.FromText(complete.ToJsonString()));
    }

    static string? FaultOf(JsonElement value, JsonSchema schema)
    {
        var result = schema.Evaluate(value, Options);
        return result.IsValid ? null : string.Join("; ", (result.Details ?? []).Where(detail => detail.Errors is not null)
            .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Value}")));
    }

    // A client may meet fields that are newer than its types; here one that is not described is a fault.
    JsonSchema Read(string name)
    {
        var schemas = document["components"]!["schemas"]!.DeepClone().AsObject();
        foreach (var (_, schema) in schemas)
        {
            if (schema!["properties"] is not null)
                schema["additionalProperties"] = false;
            // Extensions are no keywords of JSON Schema.
            schema.AsObject().Remove("x-oneofs");
        }

        var definitions = JsonNode.Parse(schemas.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
        return JsonSchema.FromText(new JsonObject { ["$ref"] = $"#/$defs/{name}", ["$defs"] = definitions }.ToJsonString());
    }
}
