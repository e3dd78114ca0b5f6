using System.Globalization;
using System.Text.Json.Nodes;
using Journeys.Access;
using Journeys.BuildingBlocks.Identities;
using Journeys.Gateways.Routing;
using Journeys.Protos;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.OpenApi;

/// <summary>The parts of the document that are not in the contracts.</summary>
static class OpenApiText
{
    /// <summary>The version of the product.</summary>
    public static string Version => typeof(OpenApiText).Assembly.GetName().Version!.ToString(3);

    public static JsonObject Info() => new()
    {
        ["title"] = "Journeys",
        ["version"] = Version,
        ["description"] = "Guides people through workflows that span days or weeks. `/api` is for dashboards and servers, `/sdk` for visitors' browsers. "
            + "Refusals are `application/problem+json`; code against `reason`. Lists are paged by `pageSize` and `pageToken`.",
        ["license"] = new JsonObject { ["name"] = "Apache License 2.0", ["identifier"] = "Apache-2.0" },
    };

    public static JsonObject SecuritySchemes() => new()
    {
        ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A secret key (`sk_...`), the token of a session, or a JWT of the configured issuer." },
        ["apiKey"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = "X-API-Key", ["description"] = "A secret key, or below `/sdk` a publishable key (`pk_...`)." },
        ["apiKeyInAddress"] = new JsonObject { ["type"] = "apiKey", ["in"] = "query", ["name"] = "apiKey", ["description"] = "A publishable key, for senders that cannot set headers. They may also put it into the body as `_apiKey`." },
        ["session"] = new JsonObject { ["type"] = "apiKey", ["in"] = "cookie", ["name"] = SessionCookie.Name(secure: true), ["description"] = "Set by signing in; in cleartext `journeys_session`. Changing calls also need the header `X-CSRF-Token`." },
    };

    /// <summary>Returns a sentence about who may call the rpc.</summary>
    public static string Needs(Rpc rpc) => rpc.Role == Role.Person
        ? $"Needs a publishable key, or the role `{rpc.Access.LeastOfMembers().Text()}`."
        : $"Needs the role `{rpc.Role.Text()}`.";

    public static JsonArray Security(CallRoute route)
    {
        if (route.Rpc.Role == Role.Public)
            return [];

        string[] names = route.IsSdk ? ["apiKey", "apiKeyInAddress", "bearer"] : ["bearer", "apiKey", "session"];
        return [.. names.Select(name => new JsonObject { [name] = new JsonArray() })];
    }

    public static JsonObject Parameters() => new()
    {
        ["SiteId"] = new JsonObject
        {
            ["name"] = "X-Site-Id",
            ["in"] = "header",
            ["description"] = "The site that a member works on. Default: the first one they belong to. A key belongs to one site and does not need it.",
            ["schema"] = new JsonObject { ["type"] = "string", ["format"] = "uuid" },
        },
        ["IdempotencyKey"] = new JsonObject
        {
            ["name"] = "Idempotency-Key",
            ["in"] = "header",
            ["description"] = "The same as `requestId` in the body: a repeat within 24 hours returns the first answer.",
            ["schema"] = new JsonObject { ["type"] = "string", ["maxLength"] = 64 },
        },
        ["IdempotencyKeyOfEvents"] = new JsonObject
        {
            ["name"] = "Idempotency-Key",
            ["in"] = "header",
            ["description"] = "Gives events without an `id` one, so that a repeat of the call records them once.",
            ["schema"] = new JsonObject { ["type"] = "string", ["maxLength"] = 64 },
        },
    };

    public static JsonObject ProblemResponses() => new()
    {
        ["Refused"] = ProblemResponse("The call was refused; `reason` says why. With 429 the header `Retry-After` says when to try again."),
        ["Failed"] = ProblemResponse("Something failed on our side. 503 and 504 may be tried again; the header `Retry-After` says when."),
    };

    public static JsonObject ProblemSchema() => new()
    {
        ["type"] = "object",
        ["description"] = "A refusal or failure, after RFC 9457.",
        ["required"] = new JsonArray("type", "title", "status", "detail", "code", "reason", "errors", "errorCount", "traceId"),
        ["properties"] = new JsonObject
        {
            ["type"] = Text("Always `about:blank`."),
            ["title"] = Text("The HTTP status in words."),
            ["status"] = new JsonObject { ["type"] = "integer", ["description"] = "The HTTP status." },
            ["detail"] = Text("A sentence for people."),
            ["code"] = Text("The gRPC status code.", "FAILED_PRECONDITION"),
            ["reason"] = Text("Stable: the reason that programs check.", "JOURNEY_NOT_PUBLISHED"),
            ["errors"] = new JsonObject
            {
                ["type"] = "array",
                ["description"] = "The fields that are wrong, at most 50.",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("field", "message"),
                    ["properties"] = new JsonObject
                    {
                        ["field"] = Text("The path of the field.", "graph.nodes[tour].content.contentId"),
                        ["message"] = Text("What is wrong with it."),
                    },
                },
            },
            ["errorCount"] = new JsonObject { ["type"] = "integer", ["description"] = "How many there are; `errors` lists at most 50." },
            ["traceId"] = Text("The id under which this call is found in logs and traces."),
        },
    };

    public static string FirstSentence(string words)
    {
        var end = words.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? words : words[..end]).TrimEnd('.');
    }

    public static string Lower(string verb) => verb.ToLower(CultureInfo.InvariantCulture);

    static JsonObject ProblemResponse(string description) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject
        {
            ["application/problem+json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" } },
        },
    };

    static JsonObject Text(string description, string? example = null)
    {
        var schema = new JsonObject { ["type"] = "string", ["description"] = description };
        if (example is not null)
            schema["examples"] = new JsonArray(example);
        return schema;
    }
}
