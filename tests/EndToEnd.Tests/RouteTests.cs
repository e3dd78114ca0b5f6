using System.Text.Json.Nodes;
using Journeys.Gateways.Routing;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.EndToEnd.Tests;

/// <summary>Every route of the contracts, with the real services behind it.</summary>
[Collection(SharedDeployment.Name)]
public sealed class RouteTests(TwoSites sites) : IClassFixture<TwoSites>
{
    static readonly (string Caller, Role Role)[] Table =
    [
        ("nobody", Role.Public), ("page", Role.Person), ("viewer", Role.Viewer), ("viewer key", Role.Viewer), ("editor", Role.Editor), ("editor key", Role.Editor),
        ("admin", Role.Admin), ("secret key", Role.Admin),
    ];

    public static TheoryData<string> Routes => [.. RpcCatalog.Journeys.Routes.Where(route => !route.IsNative).Select(route => route.Id)];

    public static TheoryData<string> KeyedRoutes =>
        [.. RpcCatalog.Journeys.Routes.Where(route => route.Verb == "GET" && route.Variables.Any(variable => variable.TakesKey)).Select(route => route.Id)];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Answers_those_who_may_and_nobody_else(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        var reads = route.Verb == "GET";

        foreach (var (caller, role) in Table)
        {
            // Ending a session, or leaving the site, must not end what the other tests need.
            var authorization = route.Rpc.Method.Name switch
            {
                "DeleteSession" when caller is "viewer" or "editor" or "admin" => await sites.SignInAsync(caller),
                "LeaveSite" when caller is "viewer" or "editor" or "admin" => (await sites.JoinAsync($"{caller}-who-leaves", caller)).Bearer,
                _ => sites.Callers[caller],
            };
            // And a halt of the site must not come about.
            object body = route.Rpc.Method.Name == "HaltSite" ? new { reason = new string('x', 1_001) } : new { };
            var (status, text) = await sites.CallAsync(route.Verb, sites.Path(route, ofNothing: !reads), route.HasBody ? body : null, authorization);

            var expected = (May(role, route), role) switch
            {
                (true, _) => reads ? [200] : [200, 400, 404],
                (false, Role.Public) => (int[])[401],
                (false, _) => [403],
            };
            Assert.True(expected.Contains(status), $"{caller} got {status} from {route.Verb} {route.Path}: {text}");
            Assert.DoesNotContain("ROUTE_NOT_FOUND", text, StringComparison.Ordinal);
            if (status == 403)
                Assert.Contains(role == Role.Person ? "PUBLISHABLE_KEY" : "ROLE_TOO_LOW", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Shows_nothing_of_another_site_and_changes_nothing_there(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        if (route.Rpc.Role == Role.Public)
            return;

        var before = await sites.SnapshotAsync();
        var named = await sites.CallAsync(route.Verb, sites.Path(route), sites.Body(route), sites.OtherAdmin, sites.SiteId);
        var (status, text) = await sites.CallAsync(route.Verb, sites.Path(route), sites.Body(route), sites.OtherAdmin);
        (int Status, string Text) page = route.IsSdk ? await sites.CallAsync(route.Verb, sites.Path(route), sites.Body(route), sites.OtherPage) : (status, text);

        Assert.Equal((404, "SITE_NOT_FOUND"), (named.Status, JsonNode.Parse(named.Text)!["reason"]!.GetValue<string>()));
        Assert.Equal(status, page.Status);
        Assert.True(IsAboutAnother(route) ? status == 404 : status < 500, $"{route.Verb} {route.Path} answered {status}: {text}");
        if (status != 404)
        {
            // What the caller sent itself comes back; names, traits, nodes and numbers would be the other site's.
            foreach (var leak in (string[])[$"{TwoSites.Mark} ", "\"plan\"", "\"currentNodeId\": \"one\"", "\"active\": 1", "\"count\": 1"])
                Assert.DoesNotContain(leak, text + page.Text, StringComparison.Ordinal);
        }

        Assert.Equal(before, await sites.SnapshotAsync());
    }

    [Theory]
    [MemberData(nameof(KeyedRoutes))]
    public async Task Answers_a_key_as_it_answers_the_id(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        var variable = route.Variables.Single(each => each.TakesKey);
        var segments = sites.Path(route).Split('/');
        var rest = segments[variable.Segment].Split('?') is [_, var query] ? $"?{query}" : "";
        segments[variable.Segment] = $"key:{await sites.KeyOfAsync(route, variable)}{rest}";

        var byId = await sites.CallAsync(route.Verb, sites.Path(route), null, sites.Callers["viewer"]);
        var byKey = await sites.CallAsync(route.Verb, string.Join('/', segments), null, sites.Callers["viewer"]);
        segments[variable.Segment] = $"key:nothing{rest}";
        var (status, _) = await sites.CallAsync(route.Verb, string.Join('/', segments), null, sites.Callers["viewer"]);

        Assert.Equal((200, 404), (byKey.Status, status));
        Assert.True(JsonNode.DeepEquals(Answer(byId.Text), Answer(byKey.Text)), $"{byId.Text} by id, {byKey.Text} by key");
    }

    [Fact]
    public async Task Each_is_described_and_each_description_has_one()
    {
        var (_, text) = await sites.CallAsync("GET", "/openapi.json", null, "");

        var described = JsonNode.Parse(text)!["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(verb => verb.Value!["operationId"]!.GetValue<string>()));
        var there = RpcCatalog.Journeys.Routes.Where(route => !route.IsNative).Select(route => $"{route.Rpc.Method.Service.Name}.{route.Rpc.Method.Name}");
        Assert.Equal(there.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    // Without the moment at which it was counted.
    static JsonNode Answer(string text)
    {
        var answer = JsonNode.Parse(text)!;
        answer.AsObject().Remove("countTime");
        return answer;
    }

    // Of those who read only, none writes for people, whatever pages may do.
    static bool May(Role role, CallRoute route) =>
        role >= route.Rpc.Role && !(role == Role.Viewer && route.Rpc.Role == Role.Person && route.Verb != "GET");

    // A user of the same id may exist, or come to exist, on each site.
    static bool IsAboutAnother(CallRoute route) => route.Variables.Any(variable => variable.IsUuid);
}
