namespace Journeys.Gateways.Tests;

/// <summary>The route and its variables come from one form of the path, whatever stands in it; on every route of the contracts.</summary>
public sealed class PathTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    static readonly string Id = Guid.CreateVersion7().ToString();

    readonly GatewayUnderTest gateway = fixture.Gateway;

    public static TheoryData<string> Routes =>
        [.. RpcCatalog.Journeys.Routes.Where(route => !route.IsNative && !route.Rpc.Streams && route.Rpc.Cluster != "access").Select(route => route.Id)];

    public static TheoryData<string> RoutesOfPeople =>
        [.. RpcCatalog.Journeys.Routes.Where(route => !route.IsNative && route.Variables.Any(variable => !variable.IsUuid && variable.Field.FieldType == Google.Protobuf.Reflection.FieldType.String))
            .Select(route => route.Id)];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Dot_segments_lead_nowhere(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        var path = Fill(route, "victim");
        var segments = path.Split('/');
        var before = gateway.Peer.Arrivals.Count;

        foreach (var dots in (string[])[".", "..", "%2e", "%2E%2e", ".%2E"])
        {
            for (var position = 1; position < segments.Length; position++)
            {
                var status = await StatusAsync(route.Verb, string.Join('/', [.. segments[..position], dots, .. segments[position..]]));
                Assert.True(status is 400 or 404 or 405, $"{status} for {dots} at {position} of {path}");
            }

            Assert.Equal(400, await StatusAsync(route.Verb, $"/y/victim/{dots}/{dots}{path}"));
            Assert.NotEqual(200, await StatusAsync(route.Verb, $"/api/y/victim/{dots}/{dots}/{string.Join('/', segments[2..])}"));
        }

        Assert.Equal(before, gateway.Peer.Arrivals.Count);
    }

    [Theory]
    [MemberData(nameof(RoutesOfPeople))]
    public async Task An_id_arrives_as_it_is_encoded(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        var variable = route.Variables.Single(each => !each.IsUuid);

        foreach (var id in (string[])["a/b", "/", "a%2Fb", "..", ".", "../../x", "a//b", "a?b#c", "é \U0001F600", "m�ller", "a+b;c=d", "\\..\\"])
        {
            var encoded = Uri.EscapeDataString(id).Replace(".", "%2E", StringComparison.Ordinal);

            Assert.Equal(200, await StatusAsync(route.Verb, Fill(route, encoded)));
            Assert.Equal(id, variable.Field.Accessor.GetValue(gateway.Peer.Last.Request));
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_key_stands_where_the_id_of_something_with_a_key_does_and_nowhere_else(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];

        foreach (var variable in route.Variables.Where(each => each.IsUuid && !each.NamesSite))
        {
            var segments = Fill(route, "victim").Split('/');
            foreach (var (given, status) in ((string, int)[])[("key:on-boarding_2", 200), ("key%3Aon-boarding_2", 200), ("key:", 400), ("key:On", 400), ("on", 400)])
            {
                segments[variable.Segment] = given;
                Assert.Equal(variable.TakesKey ? status : 400, await StatusAsync(route.Verb, string.Join('/', segments)));
                if (variable.TakesKey && status == 200)
                    Assert.Equal("key:on-boarding_2", variable.Field.Accessor.GetValue(gateway.Peer.Last.Request));
            }

            Assert.Equal(segments[variable.Segment - 1] is "journeys" or "audiences" or "user-lists", variable.TakesKey);
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task An_encoded_slash_makes_no_other_route(string routeId)
    {
        var route = RpcCatalog.Journeys.ById[routeId];
        var segments = Fill(route, "victim").Split('/');
        var before = gateway.Peer.Arrivals.Count;

        for (var position = 2; position < segments.Length; position++)
        {
            // An id with a slash in it is one, where any text is an id.
            var status = await StatusAsync(route.Verb, $"{string.Join('/', segments[..position])}%2F{string.Join('/', segments[position..])}");
            if (status == 200 && segments[position - 1] == "victim")
                before++;
            else
                Assert.NotEqual(200, status);
        }

        Assert.Equal(before, gateway.Peer.Arrivals.Count);
        if (before > 0 && gateway.Peer.Last.Request is Protos.Enrollment.V1.GetUserRequest user)
            Assert.NotEqual("victim", user.UserId);
    }

    [Theory]
    [InlineData("/api/users/%FF", "path")]
    [InlineData("/api/users/%C3%28", "path")]
    [InlineData("/api/users/%ED%A0%BD", "path")]
    [InlineData("/api/users/100%", "path")]
    [InlineData("/api/users?search=%FF", "search")]
    [InlineData("/api/users?search=%E0%A4%A", "search")]
    [InlineData("/api/users?%FF=1", "query")]
    public async Task What_is_not_UTF8_is_refused(string path, string field)
    {
        var reply = await SendAsync("GET", path);

        Assert.Equal(400, reply.Status);
        Assert.Equal([field], reply.BlamedFields);
    }

    [Fact]
    public async Task A_query_says_plus_and_percent_as_forms_do()
    {
        Assert.Equal(200, await StatusAsync("GET", "/api/users?search=a+b%2Bc%20%EF%BF%BD%F0%9F%98%80"));

        Assert.Equal("a b+c �\U0001F600", Assert.IsType<Protos.Enrollment.V1.ListUsersRequest>(gateway.Peer.Last.Request).Search);
    }

    static string Fill(CallRoute route, string text)
    {
        var segments = route.Path.Split('/');
        foreach (var variable in route.Variables)
            segments[variable.Segment] = variable.IsUuid ? Id : variable.Field.FieldType == Google.Protobuf.Reflection.FieldType.Int32 ? "1" : text;
        return string.Join('/', segments);
    }

    async Task<int> StatusAsync(string verb, string path) => (await SendAsync(verb, path)).Status;

    // Kept as it is written: a Uri would tidy it up.
    Task<Reply> SendAsync(string verb, string path)
    {
        var address = new Uri(gateway.Address.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(verb), address);
        request.Headers.Add("X-API-Key", GatewayUnderTest.SecretKey);
        return gateway.SendAsync(request);
    }
}
