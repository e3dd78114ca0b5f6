using System.Security.Cryptography;
using System.Text;
using Journeys.Gateways.Routing;

namespace Journeys.Gateways.OpenApi;

/// <summary>
/// Maps the contracts: `/openapi.json`, the page at `/docs` that shows it, `/asyncapi.json` for the facts on RabbitMQ,
/// and all protos as one `FileDescriptorSet` at `/protos.binpb`.
/// </summary>
static class OpenApiEndpoints
{
    public static void MapOpenApi(this WebApplication app, RpcCatalog catalog)
    {
        app.MapText("/openapi.json", "application/json", new OpenApiDocument(catalog).Json);
        app.MapText("/asyncapi.json", "application/json", new AsyncApiDocument().Json);
        app.MapBytes("/protos.binpb", "application/x-protobuf", ProtoComments.ReadDescriptorSet());
        app.MapText("/docs", "text/html", Read("docs.html"));
        app.MapText("/docs/docs.css", "text/css", Read("docs.css"));
        foreach (var script in (string[])["docs.js", "docs.parts.js", "docs.examples.js"])
            app.MapText($"/docs/{script}", "text/javascript", Read(script));
    }

    static void MapText(this WebApplication app, string path, string type, string text) =>
        app.MapBytes(path, $"{type}; charset=utf-8", Encoding.UTF8.GetBytes(text));

    static void MapBytes(this WebApplication app, string path, string type, byte[] bytes)
    {
        var tag = new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{Convert.ToHexString(SHA256.HashData(bytes))[..16]}\"");
        app.MapMethods(path, ["GET", "HEAD"], context =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(bytes, type, entityTag: tag).ExecuteAsync(context);
        });
    }

    static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(OpenApiEndpoints).Assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
