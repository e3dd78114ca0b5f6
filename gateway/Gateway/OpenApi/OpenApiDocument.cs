using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Journeys.Gateways.Routing;
using Journeys.Protos.Enrollment.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.OpenApi;

/// <summary>Describes the REST routes as OpenAPI 3.1, from the contracts and their comments.</summary>
public sealed class OpenApiDocument
{
    readonly ProtoComments comments = new();
    readonly Schemas schemas;
    readonly RpcCatalog catalog;

    public OpenApiDocument(RpcCatalog catalog)
    {
        this.catalog = catalog;
        schemas = new Schemas(comments, catalog.Routes.Where(route => !route.IsNative).Select(route => route.Rpc.Method.OutputType));
        Json = Write().ToJsonString();
    }

    public string Json { get; }

    JsonObject Write()
    {
        var routes = catalog.Routes.Where(route => !route.IsNative).ToList();
        var paths = new JsonObject();
        foreach (var path in routes.GroupBy(route => route.Path).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            var operations = new JsonObject();
            foreach (var route in path)
                operations[OpenApiText.Lower(route.Verb)] = Operation(route);
            paths[Template(path.First())] = operations;
        }

        var services = routes.Select(route => route.Rpc.Method.Service).Distinct().OrderBy(service => service.Name, StringComparer.Ordinal);
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = OpenApiText.Info(),
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/", ["description"] = "This gateway" }),
            ["tags"] = new JsonArray([.. services.Select(service => new JsonObject { ["name"] = service.Name, ["description"] = comments.Of(service.FullName) })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = OpenApiText.SecuritySchemes(),
                ["parameters"] = OpenApiText.Parameters(),
                ["responses"] = OpenApiText.ProblemResponses(),
                ["schemas"] = WithProblem(schemas.Components),
            },
        };
    }

    // Variables have the names that callers know: `{journeyId}`, where the proto has `{journey_id}`.
    static string Template(CallRoute route) => route.Variables.Aggregate(
        route.Path, (path, variable) => path.Replace($"{{{variable.Field.Name}}}", $"{{{variable.Field.JsonName}}}", StringComparison.Ordinal));

    JsonObject Operation(CallRoute route)
    {
        var method = route.Rpc.Method;
        var words = comments.Of(method.FullName);
        var operation = new JsonObject
        {
            ["operationId"] = $"{method.Service.Name}.{method.Name}",
            ["tags"] = new JsonArray(method.Service.Name),
            ["summary"] = OpenApiText.FirstSentence(words),
            ["description"] = $"{words}\n\n{OpenApiText.Needs(route.Rpc)}",
            ["security"] = OpenApiText.Security(route),
        };
        if (Parameters(route) is { Count: > 0 } parameters)
            operation["parameters"] = parameters;
        if (route.HasBody)
            operation["requestBody"] = Body(route);
        operation["responses"] = Responses(route.Rpc);
        return operation;
    }

    JsonArray Parameters(CallRoute route)
    {
        var parameters = new JsonArray();
        foreach (var variable in route.Variables)
            parameters.Add(Parameter(variable.Field, "path", variable.IsUuid && !variable.TakesKey));
        if (!route.HasBody)
        {
            foreach (var field in route.Rpc.Method.InputType.Fields.InDeclarationOrder().Except(route.Variables.Select(variable => variable.Field)))
                parameters.Add(Parameter(field, "query", isUuid: false));
        }

        if (route.Rpc.Method.InputType.FindFieldByName("request_id") is not null)
            parameters.Add(new JsonObject { ["$ref"] = "#/components/parameters/IdempotencyKey" });
        else if (route.Rpc.Method.InputType == RecordEventsRequest.Descriptor)
            parameters.Add(new JsonObject { ["$ref"] = "#/components/parameters/IdempotencyKeyOfEvents" });
        if (!route.IsSdk && route.Rpc.Role != Role.Public)
            parameters.Add(new JsonObject { ["$ref"] = "#/components/parameters/SiteId" });
        return parameters;
    }

    JsonObject Parameter(FieldDescriptor field, string where, bool isUuid)
    {
        var schema = schemas.OfRequest(field);
        schema.Remove("description", out var description);
        if (isUuid)
            schema["format"] = "uuid";

        var parameter = new JsonObject { ["name"] = field.JsonName, ["in"] = where, ["schema"] = schema };
        if (where == "path" || schemas.IsRequired(field))
            parameter["required"] = true;
        if (description is not null)
            parameter["description"] = description;
        return parameter;
    }

    JsonObject Body(CallRoute route)
    {
        var inPath = route.Variables.Select(variable => variable.Field).ToHashSet();
        var fields = route.Rpc.Method.InputType.Fields.InDeclarationOrder().Where(field => !inPath.Contains(field));
        return new JsonObject
        {
            ["required"] = fields.Any(schemas.IsRequired),
            ["content"] = Content("application/json", schemas.OfRequest(route.Rpc.Method.InputType, inPath)),
        };
    }

    JsonObject Responses(Rpc rpc) => new()
    {
        ["200"] = new JsonObject
        {
            ["description"] = rpc.Streams ? "Server-sent events: the event's name is the `kind`, its data the JSON." : "Done.",
            ["content"] = Content(rpc.Streams ? "text/event-stream" : "application/json", schemas.OfAnswer(rpc.Method.OutputType)),
        },
        ["4XX"] = new JsonObject { ["$ref"] = "#/components/responses/Refused" },
        ["5XX"] = new JsonObject { ["$ref"] = "#/components/responses/Failed" },
    };

    static JsonObject Content(string type, JsonNode schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    static JsonObject WithProblem(JsonObject components)
    {
        components["Problem"] = OpenApiText.ProblemSchema();
        return components;
    }
}
