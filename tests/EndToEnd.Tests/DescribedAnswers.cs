using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Journeys.Gateways.OpenApi;
using Journeys.Gateways.Routing;
using Json.Schema;

namespace Journeys.EndToEnd.Tests;

/// <summary>Holds every JSON answer against `/openapi.json`: it has what is required, nothing else, and of the types that are said.</summary>
public sealed class DescribedAnswers() : DelegatingHandler(new SocketsHttpHandler { UseCookies = false })
{
    static readonly JsonObject Document = JsonNode.Parse(new OpenApiDocument(RpcCatalog.Journeys).Json)!.AsObject();
    static readonly IReadOnlyList<Described> Operations = [.. Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(verb => new Described(path.Key, verb)))];
    static readonly ConcurrentDictionary<string, JsonSchema> Known = new();
    static readonly EvaluationOptions Options = new() { OutputFormat = OutputFormat.List, RequireFormatValidation = true };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var schema = response.Content.Headers.ContentType?.MediaType switch
        {
            "application/problem+json" => "Problem",
            "application/json" => Find(request)?.Answer,
            _ => null,
        };
        if (schema is null)
            return response;

        await response.Content.LoadIntoBufferAsync(cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (FaultOf(text, schema) is { } fault)
            throw new InvalidOperationException($"{request.Method} {request.RequestUri!.AbsolutePath} answered what /openapi.json does not say of {schema}: {fault}\n{text}");

        return response;
    }

    /// <summary>What is wrong with this JSON; null when nothing is.</summary>
    public static string? FaultOf(string json, string schema)
    {
        using var answer = JsonDocument.Parse(json);
        var result = Known.GetOrAdd(schema, Read).Evaluate(answer.RootElement, Options);
        return result.IsValid ? null : string.Join("; ", (result.Details ?? []).Where(detail => detail.Errors is not null)
            .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation} {error.Value}")));
    }

    static Described? Find(HttpRequestMessage request)
    {
        var segments = request.RequestUri!.AbsolutePath.Split('/');
        return Operations.FirstOrDefault(operation => operation.Verb == request.Method.Method && operation.Fits(segments));
    }

    // A client may meet fields that are newer than its types; here one that is not described is a fault.
    static JsonSchema Read(string name)
    {
        var schemas = Document["components"]!["schemas"]!.DeepClone().AsObject();
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

    sealed class Described(string path, KeyValuePair<string, JsonNode?> operation)
    {
        readonly string[] segments = path.Split('/');

        public string Verb { get; } = operation.Key.ToUpperInvariant();

        /// <summary>The name of the answer's schema; null for one without a name.</summary>
        public string? Answer { get; } =
            operation.Value!["responses"]!["200"]!["content"]!["application/json"]?["schema"]?["$ref"]?.GetValue<string>().Split('/')[^1];

        public bool Fits(string[] called) =>
            called.Length == segments.Length && segments.Zip(called).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second);
    }
}
