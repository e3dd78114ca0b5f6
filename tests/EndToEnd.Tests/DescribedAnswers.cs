using System.Text.Json.Nodes;
using Journeys.Gateways.OpenApi;
using Journeys.Gateways.Routing;

namespace Journeys.EndToEnd.Tests;

/// <summary>Holds every JSON answer against `/openapi.json`: it has what is required, nothing else, and of the types that are said.</summary>
public sealed class DescribedAnswers() : DelegatingHandler(new SocketsHttpHandler { UseCookies = false })
{
    static readonly JsonObject Document = JsonNode.Parse(new OpenApiDocument(RpcCatalog.Journeys).Json)!.AsObject();
    static readonly IReadOnlyList<Described> Operations = [.. Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(verb => new Described(path.Key, verb)))];
    static readonly DescribedSchemas Schemas = new(Document);

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

    /// <inheritdoc cref="DescribedSchemas.FaultOf(string, string)"/>
    public static string? FaultOf(string json, string schema) => Schemas.FaultOf(json, schema);

    static Described? Find(HttpRequestMessage request)
    {
        var segments = request.RequestUri!.AbsolutePath.Split('/');
        return Operations.FirstOrDefault(operation => operation.Verb == request.Method.Method && operation.Fits(segments));
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
