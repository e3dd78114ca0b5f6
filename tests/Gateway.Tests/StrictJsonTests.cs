using System.Net.Http.Headers;
using System.Text;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Gateways.Tests;

public sealed class StrictJsonTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    static readonly string Id = Guid.CreateVersion7().ToString();

    readonly GatewayUnderTest gateway = fixture.Gateway;

    // What is sent to POST /api/journeys, and the field that the problem blames.
    public static TheoryData<string, string> Refused => new()
    {
        { """{"name":"a","colour":"red"}""", "colour" },
        { """{"name":"a","graph":{"nodes":[{"id":"a","exit":{"outcom":"x"}}]}}""", "graph.nodes[0].exit.outcom" },
        { """{"name":"a","name":"b"}""", "name" },
        { """{"audienceId":"","audience_id":""}""", "audience_id" },
        { """{"graph":{"nodes":[{"id":"a","content":{"payload":{"x":1,"x":2}}}]}}""", "graph.nodes[0].content.payload.x" },
        { """{"reEnrollment":"SOMETIMES"}""", "reEnrollment" },
        { """{"reEnrollment":"always"}""", "reEnrollment" },
        { """{"reEnrollment":1}""", "reEnrollment" },
        { """{"reEnrollment":"1"}""", "reEnrollment" },
        { """{"name":5}""", "name" },
        { """{"name":["a"]}""", "name" },
        { """{"name":{}}""", "name" },
        { """{"autoEnroll":"true"}""", "autoEnroll" },
        { """{"autoEnroll":1}""", "autoEnroll" },
        { """{"graph":[]}""", "graph" },
        { """{"graph":{"nodes":{}}}""", "graph.nodes" },
        { """{"graph":{"nodes":[null]}}""", "graph.nodes[0]" },
        { """{"graph":{"nodes":[{"position":{"x":NaN}}]}}""", "graph.nodes[0].position.x" },
        { """{"graph":{"nodes":[{"position":{"x":"NaN"}}]}}""", "graph.nodes[0].position.x" },
        { """{"graph":{"nodes":[{"position":{"x":"Infinity"}}]}}""", "graph.nodes[0].position.x" },
        { """{"graph":{"nodes":[{"position":{"x":1e999}}]}}""", "graph.nodes[0].position.x" },
        { """{"goal":{"rule":{"event":{"atLeast":50.5}}}}""", "goal.rule.event.atLeast" },
        { """{"goal":{"rule":{"event":{"atLeast":99999999999}}}}""", "goal.rule.event.atLeast" },
        { """{"goal":{"rule":{"event":{"atLeast":"5"}}}}""", "goal.rule.event.atLeast" },
        { """{"graph":{"nodes":[{"split":{"variants":[{"percent":"50"}]}}]}}""", "graph.nodes[0].split.variants[0].percent" },
        { """{"graph":{"nodes":[{"id":"a","exit":{},"goalCheck":{}}]}}""", "graph.nodes[0].goalCheck" },
        { """{"name":"a\u0000b"}""", "name" },
        { """{"graph":{"nodes":[{"id":"a\nb"}]}}""", "graph.nodes[0].id" },
        { """{"graph":{"nodes":[{"content":{"payload":{"t":"\u0000"}}}]}}""", "graph.nodes[0].content.payload.t" },
        { """{"name":"\ud800"}""", "name" },
        { """{"name":"\udc00\ud800"}""", "name" },
        { """{"reEnrollmentCooldown":"1 day"}""", "reEnrollmentCooldown" },
        { """{"reEnrollmentCooldown":86400}""", "reEnrollmentCooldown" },
        { """{"reEnrollmentCooldown":"999999999999s"}""", "reEnrollmentCooldown" },
        { """{"name":"a"} {}""", "body" },
        { """{"name":"a"}x""", "body" },
        { """{"name":"a",}""", "body" },
        { """{'name':"a"}""", "body" },
        { """{"name":"a" /* why */}""", "body" },
        { """{"name":"a""", "name" },
        { """[]""", "body" },
        { """null""", "body" },
        { """7""", "body" },
        { " ", "body" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_not_meant_exactly_so_is_a_400_that_names_the_field(string json, string field)
    {
        var reply = await gateway.CallAsync("POST", "/api/journeys", json);

        Assert.Equal(400, reply.Status);
        Assert.Equal("application/problem+json", reply.Header("Content-Type"));
        Assert.Equal("INVALID_ARGUMENT", reply["code"]);
        Assert.Equal([field], reply.BlamedFields);
    }

    [Theory]
    [InlineData("""{"name":null,"graph":null,"audience_id":"x"}""")]
    [InlineData("""{"graph":{"nodes":[{"id":"a","split":{"variants":[{"percent":5e1}]},"position":{"x":1,"y":-0.5}}]}}""")]
    [InlineData("""{"graph":{"nodes":[{"id":"a","content":{"payload":{"a":[1,null,true,{"b":"\ud83d\ude00\n"}]}}}]}}""")]
    [InlineData("")]
    public async Task What_proto3_JSON_allows_is_accepted(string json)
    {
        var reply = await gateway.CallAsync("POST", "/api/journeys", json);

        Assert.Equal(200, reply.Status);
    }

    [Theory]
    [InlineData("\"18446744073709551615\"", "\"-9223372036854775808\"", "")]
    [InlineData("7", "-7", "")]
    [InlineData("\"-1\"", "1", "request.seed")]
    [InlineData("-1", "1", "request.seed")]
    [InlineData("\"18446744073709551616\"", "1", "request.seed")]
    [InlineData("\" 1\"", "1", "request.seed")]
    [InlineData("true", "1", "request.seed")]
    [InlineData("1", "\"9223372036854775808\"", "request.assertions[0].count.atLeast")]
    [InlineData("1", "1.5", "request.assertions[0].count.atLeast")]
    [InlineData("1", "\"\"", "request.assertions[0].count.atLeast")]
    public async Task Numbers_of_64_bits_are_text_or_numbers_and_exact(string seed, string count, string blamed)
    {
        var reply = await gateway.CallAsync(
            "POST", $"/api/journeys/{Id}/simulations", $$$"""{"request":{"seed":{{{seed}}},"assertions":[{"count":{"of":"GOAL","atLeast":{{{count}}}}}]}}""");

        if (blamed.Length > 0)
        {
            Assert.Equal(400, reply.Status);
            Assert.Equal([blamed], reply.BlamedFields);
            return;
        }

        Assert.Equal(200, reply.Status);
        var sent = Assert.IsType<CreateSimulationRequest>(gateway.Peer.Last.Request).Request;
        Assert.Equal((seed.Trim('"'), count.Trim('"')), ($"{sent.Seed}", $"{sent.Assertions[0].Count.AtLeast}"));
    }

    [Theory]
    [InlineData(32, 200)]
    [InlineData(33, 400)]
    [InlineData(5_000, 400)]
    public async Task Nesting_ends_at_32_levels(int depth, int status)
    {
        // The body itself and "data" are the first two.
        var nested = string.Concat(Enumerable.Repeat("[", depth - 2)) + string.Concat(Enumerable.Repeat("]", depth - 2));

        var reply = await gateway.CallAsync("POST", $"/sdk/journeys/{Id}/progress", $$$"""{"data":{"a":{{{nested}}}}}""", GatewayUnderTest.PublishableKey);

        Assert.Equal(status, reply.Status);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_refused()
    {
        var body = new ByteArrayContent([.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        var reply = await gateway.CallAsync("POST", "/api/journeys", body);

        Assert.Equal(400, reply.Status);
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("application/json; charset=iso-8859-1", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/json; charset=\"UTF-8\"", 200)]
    [InlineData("APPLICATION/JSON", 200)]
    [InlineData(null, 415)]
    public async Task Only_JSON_in_UTF8_is_read(string? type, int status)
    {
        var body = new ByteArrayContent("""{"name":"a"}"""u8.ToArray());
        if (type is not null)
            body.Headers.TryAddWithoutValidation("Content-Type", type);

        var reply = await gateway.CallAsync("POST", "/api/journeys", body);

        Assert.Equal(status, reply.Status);
    }

    [Theory]
    [InlineData("GET", "/api/journeys?pageSize=1&pageSize=2", "pageSize")]
    [InlineData("GET", "/api/journeys?pageSize=1&page_size=2", "page_size")]
    [InlineData("GET", "/api/journeys?pageSize=ten", "pageSize")]
    [InlineData("GET", "/api/journeys?pageSize=", "pageSize")]
    [InlineData("GET", "/api/journeys?colour=red", "colour")]
    [InlineData("GET", "/api/journeys?status=LIVE", "status")]
    [InlineData("GET", "/api/journeys?status=2", "status")]
    [InlineData("GET", "/api/journeys?search=%00", "search")]
    [InlineData("GET", "/api/journeys/not-an-id", "id")]
    [InlineData("GET", "/api/journeys/{id}/versions/one", "version")]
    [InlineData("GET", "/api/journeys/{id}/enrollments/7", "enrollmentId")]
    [InlineData("GET", "/api/journeys/{id}/analytics?from=yesterday", "from")]
    [InlineData("GET", "/api/journeys/{id}?id=other", "id")]
    [InlineData("POST", "/api/journeys?name=a", "name")]
    [InlineData("GET", "/api/users/a%0Ab", "userId")]
    public async Task Paths_and_parameters_are_as_strict(string verb, string path, string field)
    {
        var reply = await gateway.CallAsync(verb, path.Replace("{id}", Id, StringComparison.Ordinal));

        Assert.Equal(400, reply.Status);
        Assert.Equal([field], reply.BlamedFields);
    }

    [Fact]
    public async Task A_GET_takes_no_body()
    {
        var reply = await gateway.CallAsync("GET", "/api/journeys", "{}");

        Assert.Equal((400, "body"), (reply.Status, reply.BlamedFields.Single()));
    }

    [Fact]
    public async Task The_path_and_the_body_must_not_differ()
    {
        var reply = await gateway.CallAsync("POST", $"/api/journeys/{Id}/pause", $$"""{"id":"{{Guid.CreateVersion7()}}"}""");

        Assert.Equal((400, "id"), (reply.Status, reply.BlamedFields.Single()));
    }

    [Fact]
    public async Task The_SDK_routes_ignore_what_they_do_not_know()
    {
        var reply = await gateway.CallAsync("POST", "/sdk/identify?beta=1", """{"userId":"u1","newThing":{"a":[1,{"b":2}]},"context":{"unheard":true}}""", GatewayUnderTest.PublishableKey);

        Assert.Equal(200, reply.Status);
        Assert.Equal("u1", Assert.IsType<IdentifyRequest>(gateway.Peer.Last.Request).UserId);
    }

    [Theory]
    [InlineData("""{"userId":"u1","userId":"u2"}""")]
    [InlineData("""{"userId":"u\u00001"}""")]
    [InlineData("""{"userId":5}""")]
    [InlineData("""{"userId":"u1"}{}""")]
    public async Task The_SDK_routes_are_strict_otherwise(string json)
    {
        var reply = await gateway.CallAsync("POST", "/sdk/identify", json, GatewayUnderTest.PublishableKey);

        Assert.Equal(400, reply.Status);
    }

    [Theory]
    [InlineData("/sdk/identify", 64)]
    [InlineData("/api/journeys", 1024)]
    public async Task Bodies_have_a_limit(string path, int kibibytes)
    {
        var fits = $$"""{"name":"a"{{new string(' ', (kibibytes * 1024) - 12)}}}""";

        var within = await gateway.CallAsync("POST", path, fits);
        var beyond = await gateway.CallAsync("POST", path, fits + " ");
        var chunked = await gateway.CallAsync("POST", path, new ChunkedContent(fits + " "));

        Assert.Equal((200, 413, 413), (within.Status, beyond.Status, chunked.Status));
        Assert.Equal("BODY_TOO_LARGE", beyond.Reason);
    }

    /// <summary>JSON whose length is not said beforehand.</summary>
    sealed class ChunkedContent : HttpContent
    {
        readonly byte[] bytes;

        public ChunkedContent(string json)
        {
            bytes = Encoding.UTF8.GetBytes(json);
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
