using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

/// <summary>Every route with every role.</summary>
public sealed class PolicyTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest gateway = fixture.Gateway;
    readonly ConcurrentDictionary<string, string> keys = new();

    public static TheoryData<string> Routes => [.. RpcCatalog.Journeys.Routes.Where(route => !route.IsNative).Select(route => route.Id)];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Every_route_admits_the_roles_that_its_rpc_names_and_no_others(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        var siteId = await gateway.SiteIdAsync();

        var nobody = await CallAsync(route, siteId, key: null);
        var publishable = await CallAsync(route, siteId, GatewayUnderTest.PublishableKey);
        var viewer = await CallAsync(route, siteId, await KeyAsync("VIEWER"));
        var editor = await CallAsync(route, siteId, await KeyAsync("EDITOR"));
        var admin = await CallAsync(route, siteId, GatewayUnderTest.SecretKey);

        var needed = route.Rpc.Role;
        Assert.Equal(needed > Role.Public, nobody is { Status: 401, Reason: "NO_CREDENTIALS" });
        Assert.Equal(needed > Role.Person, publishable is { Status: 403, Reason: "PUBLISHABLE_KEY" });
        Assert.Equal(needed > Role.Viewer, viewer is { Status: 403, Reason: "ROLE_TOO_LOW" });
        Assert.Equal(needed > Role.Editor, editor is { Status: 403, Reason: "ROLE_TOO_LOW" });
        Assert.False(admin is { Status: 403, Reason: "ROLE_TOO_LOW" } or { Status: 401 });
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_foreign_site_is_not_found_on_any_route(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        if (route.Rpc.Role == Role.Public)
            return;

        var own = await gateway.SiteIdAsync();
        var foreign = await gateway.ForeignSiteIdAsync();
        var session = await gateway.SignInAsync();
        var arrived = gateway.Peer.Arrivals.Count;

        var byKey = await CallAsync(route, own, GatewayUnderTest.SecretKey, ("X-Site-Id", foreign));
        var byMember = await CallAsync(route, own, null, ("X-Site-Id", foreign), ("Authorization", $"Bearer {session["token"]}"));
        var inPath = await CallAsync(route, foreign, GatewayUnderTest.SecretKey);

        Assert.Equal((404, "SITE_NOT_FOUND"), (byKey.Status, byKey.Reason));
        Assert.Equal((404, "SITE_NOT_FOUND"), (byMember.Status, byMember.Reason));
        if (route.SiteVariable is not null)
            Assert.Equal((404, "SITE_NOT_FOUND"), (inPath.Status, inPath.Reason));
        else
            Assert.InRange(gateway.Peer.Arrivals.Count - arrived, 0, 1);
    }

    [Fact]
    public void The_start_fails_for_an_rpc_without_a_policy()
    {
        // A file of its own with a service whose rpc says nothing.
        var file = new FileDescriptorProto
        {
            Name = "open.proto",
            Package = "journeys.open.v1",
            Syntax = "proto3",
            Dependency = { "google/protobuf/empty.proto" },
            Service =
            {
                new ServiceDescriptorProto
                {
                    Name = "OpenService",
                    Method = { new MethodDescriptorProto { Name = "Open", InputType = ".google.protobuf.Empty", OutputType = ".google.protobuf.Empty" } },
                },
            },
        };
        var files = FileDescriptor.BuildFromByteStrings(
            [Google.Protobuf.WellKnownTypes.EmptyReflection.Descriptor.SerializedData, Google.Protobuf.MessageExtensions.ToByteString(file)],
            new Google.Protobuf.ExtensionRegistry { AccessExtensions.Access });

        var failure = Assert.Throws<InvalidOperationException>(() => new RpcCatalog(files));

        Assert.Contains("journeys.open.v1.OpenService.Open", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Internal_rpcs_have_no_way_in() =>
        Assert.DoesNotContain(RpcCatalog.Journeys.Routes, route => route.Rpc.Role is Role.Service or Role.Unspecified);

    Task<Reply> CallAsync(CallRoute route, string siteId, string? key, params (string Name, string Value)[] headers) =>
        gateway.CallAsync(route.Verb, Fill(route, siteId), route.HasBody ? "{}" : null, key, headers);

    static string Fill(CallRoute route, string siteId)
    {
        var segments = route.Path.Split('/');
        foreach (var variable in route.Variables)
            segments[variable.Segment] = variable.NamesSite ? siteId : variable.IsUuid ? "01890a5d-ac96-774b-bcce-b302099a8057" : "1";
        return string.Join('/', segments);
    }

    async Task<string> KeyAsync(string role)
    {
        if (keys.TryGetValue(role, out var known))
            return known;

        var created = await gateway.CallAsync("POST", $"/api/sites/{await gateway.SiteIdAsync()}/keys", new { kind = "SECRET", name = role, role });
        return keys[role] = created["secret"];
    }
}
