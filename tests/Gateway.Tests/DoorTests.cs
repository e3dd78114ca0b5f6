using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.BuildingBlocks;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Gateways.Tests;

/// <summary>REST and native gRPC refuse the same, with the same reason and field, and a large refusal hurts nobody else.</summary>
public sealed class DoorTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    readonly GatewayUnderTest gateway = fixture.Gateway;
    readonly GrpcChannel channel = GrpcChannel.ForAddress(fixture.Gateway.GrpcAddress);

    public static TheoryData<string> SdkRpcs =>
        [.. RpcCatalog.Journeys.Routes.Where(route => route.IsNative && route.Rpc.Role == Protos.Options.V1.Access.Types.Role.Person).Select(route => route.Path)];

    public static TheoryData<CreateJourneyRequest> Hostile =>
    [
        new() { Name = "a\0b" },
        new() { Name = "a\u001bb" },
        new() { Graph = new() { Nodes = { new Protos.Graph.V1.Node { Exit = new() { Outcome = "a\0" } } } } },
        new() { Graph = new() { Edges = { new Protos.Graph.V1.Edge { Branch = "a\nb" } } } },
        new() { Graph = new() { Nodes = { new Protos.Graph.V1.Node { Content = new() { Payload = new Struct { Fields = { ["t"] = Value.ForString("\0") } } } } } } },
    ];

    public void Dispose() => channel.Dispose();

    [Theory]
    [MemberData(nameof(Hostile), DisableDiscoveryEnumeration = true)]
    public async Task Both_doors_refuse_the_same(CreateJourneyRequest request)
    {
        var rest = await gateway.CallAsync("POST", "/api/journeys", JsonFormatter.Default.Format(request));
        var native = await Assert.ThrowsAsync<RpcException>(async () => await new JourneyService.JourneyServiceClient(channel).CreateJourneyAsync(request, Secret));

        var status = native.GetRpcStatus()!;
        Assert.Equal((400, "INVALID_INPUT"), (rest.Status, rest.Reason));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_INPUT"), (native.StatusCode, status.GetDetail<ErrorInfo>().Reason));
        Assert.Equal(rest.BlamedFields, status.GetDetail<BadRequest>().FieldViolations.Select(violation => violation.Field));
    }

    [Theory]
    [MemberData(nameof(SdkRpcs))]
    public async Task A_publishable_key_is_for_REST(string rpc)
    {
        var parts = rpc.Split('/');
        var method = new Method<byte[], byte[]>(MethodType.ServerStreaming, parts[1], parts[2], Raw, Raw);
        using var call = channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, new CallOptions(new Metadata { { "x-api-key", GatewayUnderTest.PublishableKey } }), []);

        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));

        Assert.Equal((StatusCode.PermissionDenied, "PUBLISHABLE_KEY"), (refused.StatusCode, refused.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason));
        Assert.Contains("/sdk/", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journeys.definition.v1.JourneyService", "CreateJourney")]
    [InlineData("journeys.access.v1.AccessService", "CreateKey")]
    [InlineData("journeys.enrollment.v1.SdkService", "Identify")]
    public async Task Bytes_that_are_not_the_message_are_an_invalid_argument(string service, string name)
    {
        var method = new Method<byte[], byte[]>(MethodType.Unary, service, name, Raw, Raw);

        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(Secret), [0x0A, 0x7F, 0x41]));

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_INPUT"), (refused.StatusCode, refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason));
    }

    [Theory]
    [InlineData("journeys.enrollment.v1.SdkService", "Identify", 64)]
    [InlineData("journeys.enrollment.v1.ProfileService", "PreviewAudience", 1024)]
    public async Task Native_messages_have_the_limits_of_bodies(string service, string name, int kibibytes)
    {
        var method = new Method<byte[], byte[]>(MethodType.Unary, service, name, Raw, Raw);
        // One unknown field: its tag, its length, its bytes.
        byte[] message = [0xFA, 0x7F, 0x81, 0x80, (byte)(kibibytes / 16), .. new byte[(kibibytes * 1024) + 1]];

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(Secret), message));

        Assert.Equal("BODY_TOO_LARGE", refused.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
    }

    [Theory]
    [InlineData("journeys.enrollment.v1.SdkService", "Identify", 64)]
    [InlineData("journeys.enrollment.v1.ProfileService", "PreviewAudience", 1024)]
    public async Task A_compressed_message_counts_as_what_it_unpacks_to(string service, string name, int kibibytes)
    {
        var method = new Method<byte[], byte[]>(MethodType.Unary, service, name, Raw, Raw);
        byte[] message = [0xFA, 0x7F, 0x81, 0x80, (byte)(kibibytes / 16), .. new byte[(kibibytes * 1024) + 1]];
        Metadata compressed = [.. Secret, new Metadata.Entry("grpc-internal-encoding-request", "gzip")];

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(compressed), message));

        Assert.Equal("BODY_TOO_LARGE", refused.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);
    }

    [Theory]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/grpc-web-text")]
    [InlineData("application/connect+proto")]
    [InlineData("application/proto")]
    public async Task Other_protocols_of_browsers_are_told_to_use_REST(string type)
    {
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.ContentType = new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.GrpcAddress, "/journeys.definition.v1.JourneyService/ListJourneys"))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };

        var reply = await gateway.SendAsync(request);

        Assert.Equal((415, "NOT_GRPC"), (reply.Status, reply.Reason));
        Assert.Contains("GET /api/journeys", reply["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_loses_a_character_and_not_the_call()
    {
        var reply = await gateway.CallAsync(
            "POST", "/sdk/identify", """{"userId":"u1","traits":{"bio":"cut \ud83d","\udc00":"a\u0000b"},"context":{"browser":"\ud83d"}}""", GatewayUnderTest.PublishableKey);

        Assert.Equal(200, reply.Status);
        var arrived = Assert.IsType<IdentifyRequest>(gateway.Peer.Last.Request);
        Assert.Equal(("cut �", "a�b", "�"), (arrived.Traits.Fields["bio"].StringValue, arrived.Traits.Fields["�"].StringValue, arrived.Context.Browser));
    }

    [Theory]
    [InlineData("/sdk/identify", """{"userId":"cut \ud83d"}""", "userId")]
    [InlineData("/sdk/events", """{"userId":"u1","events":[{"name":"cut \ud83d"}]}""", "events[0].name")]
    [InlineData("/api/journeys", """{"graph":{"nodes":[{"content":{"payload":{"t":"cut \ud83d"}}}]}}""", "graph.nodes[0].content.payload.t")]
    public async Task What_must_be_exact_is_not_mended(string path, string json, string field)
    {
        var reply = await gateway.CallAsync("POST", path, json);

        Assert.Equal(400, reply.Status);
        Assert.Equal([field], reply.BlamedFields);
    }

    [Fact]
    public async Task A_refusal_of_500_problems_says_so_and_names_the_first_50()
    {
        gateway.Peer.Answers["PublishJourney"] = (_, _) => throw new Refused(
            "GRAPH_INVALID", "The journey cannot be published: 500 problems.",
            [.. Enumerable.Range(0, 500).Select(number => new Violation($"graph.edges[e{number}]", "leads to no node."))]);

        var reply = await gateway.CallAsync("POST", $"/api/journeys/{Guid.CreateVersion7()}/publish", new { });

        Assert.Equal((400, "GRAPH_INVALID", "500"), (reply.Status, reply.Reason, reply["errorCount"]));
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"graph.edges[e{number}]"), reply.BlamedFields);
    }

    [Fact]
    public async Task A_refusal_with_large_trailers_does_not_cut_the_calls_beside_it()
    {
        var started = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        gateway.Peer.Answers["GetJourney"] = async (_, _) =>
        {
            started.TrySetResult();
            await goOn.Task;
            return new Journey { Name = "unhurt" };
        };
        gateway.Peer.Answers["PublishJourney"] = (_, context) =>
        {
            for (var number = 0; number < 11; number++)
                context.ResponseTrailers.Add($"large-{number}", new string('x', 10_000));
            throw new Refused("GRAPH_INVALID", "no", []);
        };
        var beside = gateway.CallAsync("GET", $"/api/journeys/{Guid.CreateVersion7()}");
        await started.Task;

        var large = await gateway.CallAsync("POST", $"/api/journeys/{Guid.CreateVersion7()}/publish", new { });
        goOn.SetResult();

        Assert.Equal((400, "GRAPH_INVALID"), (large.Status, large.Reason));
        Assert.Equal("unhurt", (await beside)["name"]);
    }

    [Fact]
    public async Task A_name_of_a_megabyte_is_not_sent_back()
    {
        var reply = await gateway.CallAsync("POST", "/api/journeys", $$"""{"{{new string('x', 1_000_000)}}":1}""");

        Assert.Equal(400, reply.Status);
        Assert.InRange(reply.Text.Length, 1, 8 * 1024);
    }

    [Theory]
    [InlineData("FFFFFFFFFF")]
    [InlineData("80000000")]
    [InlineData("-1")]
    [InlineData("x")]
    public async Task A_chunk_of_no_size_is_a_bad_request(string size)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/journeys HTTP/1.1\r\nHost: x\r\nX-API-Key: {GatewayUnderTest.SecretKey}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{{}}\r\n0\r\n\r\n"));

        var answer = new byte[12];
        await stream.ReadExactlyAsync(answer);

        Assert.Equal("HTTP/1.1 400", Encoding.ASCII.GetString(answer));
    }

    [Theory]
    [InlineData("Idempotency-Key: a", "Idempotency-Key")]
    [InlineData("idempotency-key: b", "Idempotency-Key")]
    [InlineData("X-API-Key: sk_1", "X-API-Key")]
    [InlineData("Authorization: Bearer sk_1", "Authorization")]
    [InlineData("X-User-Token: a", "X-User-Token")]
    [InlineData("X-Site-Id: 018f0000-0000-7000-8000-0000000000a9", "X-Site-Id")]
    [InlineData("X-CSRF-Token: a", "X-CSRF-Token")]
    public async Task A_header_of_which_a_call_has_one_is_refused_when_it_comes_twice(string header, string field)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var stream = client.GetStream();
        var key = field == "X-API-Key" ? "" : $"X-API-Key: {GatewayUnderTest.SecretKey}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/journeys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{key}{header}\r\n{header}\r\n\r\n"));

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains($"\"{field}\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("address", 414, "ADDRESS_TOO_LONG")]
    [InlineData("count", 431, "HEADERS_TOO_LARGE")]
    [InlineData("size", 431, "HEADERS_TOO_LARGE")]
    public async Task A_request_whose_head_is_too_large_is_told_so_also_on_a_page(string part, int status, string reason)
    {
        var address = part == "address" ? $"/sdk/journeys?userId={new string('a', 9_000)}" : "/sdk/journeys?userId=u1";
        var headers = part switch
        {
            "count" => string.Concat(Enumerable.Range(0, 120).Select(number => $"X-{number}: 1\r\n")),
            "size" => $"Cookie: {new string('a', 40_000)}\r\n",
            _ => "",
        };
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET {address} HTTP/1.1\r\nHost: x\r\nOrigin: https://shop.example\r\n{headers}X-API-Key: {GatewayUnderTest.PublishableKey}\r\nConnection: close\r\n\r\n"));

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains($"\"{reason}\"", answer, StringComparison.Ordinal);
        Assert.Contains("Access-Control-Allow-Origin: https://shop.example", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_field_leaves_a_connection_of_http_2_open_for_other_calls()
    {
        using var client = new HttpClient { BaseAddress = gateway.GrpcAddress };
        Task<HttpResponseMessage> AskAsync(string cookie) => client.SendAsync(new(HttpMethod.Get, "/openapi.json")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "Cookie", cookie } },
        });

        using var large = await AskAsync(new string('a', 60_000));
        using var usual = await AskAsync("a=1");

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, large.StatusCode);
        Assert.Equal("application/problem+json", large.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"HEADERS_TOO_LARGE\"", await large.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotEqual(HttpStatusCode.RequestHeaderFieldsTooLarge, usual.StatusCode);
    }

    // What is no HTTP is refused before the gateway sees it.
    [Theory]
    [InlineData("GET /api/journeys HTTP/1.1\r\n", "400")]
    [InlineData("GET /api/%00 HTTP/1.1\r\nHost: x\r\n", "400")]
    [InlineData("GET /api/journeys HTTP/1.1\r\nHost: x\r\nno colon\r\n", "400")]
    [InlineData("GET /api/journeys HTTP/9.9\r\nHost: x\r\n", "505")]
    public async Task What_is_no_request_gets_an_answer_without_a_body(string head, string status)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}Connection: close\r\n\r\n"));

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Length: 0\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    static Metadata Secret => new() { { "x-api-key", GatewayUnderTest.SecretKey } };
}
