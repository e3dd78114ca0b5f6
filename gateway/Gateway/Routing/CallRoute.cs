using Google.Api;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Requests;

namespace Journeys.Gateways.Routing;

/// <summary>A public way to call an rpc: a REST rule, or the native gRPC path.</summary>
public sealed class CallRoute
{
    CallRoute(string id, Rpc rpc, string verb, string path, bool isNative, bool hasBody)
    {
        (Id, Rpc, Verb, Path, IsNative, HasBody) = (id, rpc, verb, path, isNative, hasBody);
        IsSdk = path.StartsWith("/sdk/", StringComparison.Ordinal);
        Variables = [.. FindVariables(path, rpc)];
    }

    public string Id { get; }

    public Rpc Rpc { get; }

    public string Verb { get; }

    /// <summary>The path, such as `/api/journeys/{id}`.</summary>
    public string Path { get; }

    public bool IsNative { get; }

    /// <summary>
    /// Whether the request message is the JSON body (without the fields in the path) instead of query parameters.
    /// </summary>
    public bool HasBody { get; }

    /// <summary>Whether the path is below /sdk, which pages of other origins call, often with old code.</summary>
    public bool IsSdk { get; }

    public IReadOnlyList<PathVariable> Variables { get; }

    /// <summary>The variable that names a site, if the path has one.</summary>
    public PathVariable? SiteVariable => Variables.FirstOrDefault(variable => variable.NamesSite);

    public static CallRoute Native(Rpc rpc) => new($"grpc {rpc.Path}", rpc, "POST", rpc.Path, isNative: true, hasBody: true);

    public static CallRoute Rest(Rpc rpc, HttpRule rule, int number)
    {
        var (verb, path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            _ => throw Unsupported(rpc, "has no usual verb"),
        };
        if (rule.Body is not ("" or "*") || rule.ResponseBody.Length > 0)
            throw Unsupported(rpc, "has a body that is neither absent nor `*`");
        if (path.AsSpan().IndexOfAny("=*:") >= 0)
            throw Unsupported(rpc, $"has a path that is more than names and variables: {path}");

        return new CallRoute($"rest {rpc.Path} {number}", rpc, verb, path, isNative: false, hasBody: rule.Body == "*");
    }

    static IEnumerable<PathVariable> FindVariables(string path, Rpc rpc)
    {
        var segments = path.Split('/');
        for (var index = 0; index < segments.Length; index++)
        {
            if (segments[index] is not ['{', .. var name, '}'])
                continue;

            var field = rpc.Method.InputType.FindFieldByName(name) ?? throw Unsupported(rpc, $"has no field {name} for its path");
            yield return new PathVariable(field, index, name == "site_id" || (name == "id" && segments[index - 1] == "sites"));
        }
    }

    static InvalidOperationException Unsupported(Rpc rpc, string problem) => new($"{rpc.Method.FullName} {problem}.");
}

/// <summary>A part of the path that sets a field.</summary>
/// <param name="Segment">The index of the part between slashes, counted from 1.</param>
public sealed record PathVariable(FieldDescriptor Field, int Segment, bool NamesSite)
{
    // The customer's own ids can be any text; all other ids are ours.
    public bool IsUuid { get; } = (Field.Name == "id" || Field.Name.EndsWith("_id", StringComparison.Ordinal)) && Field.Name != "user_id";

    /// <summary>Whether `key:` and a key can replace the UUID.</summary>
    public bool TakesKey { get; } = KeyedRequests.KeyOf(Field).Length > 0;
}
