using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Brokers;
using Journeys.Protos.Events.V1;
using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>Pages, scripts, the API's description and health.</summary>
public sealed class WebTests : IAsyncLifetime
{
    readonly string folder = Directory.CreateTempSubdirectory("journeys-web").FullName;
    GatewayUnderTest gateway = null!;

    public async Task InitializeAsync()
    {
        Write("dashboard/index.html", "<!doctype html><title>Dashboard</title>");
        Write("dashboard/assets/app-1a2b.js", new string('x', 5_000));
        Write("sdk/sdk.js", "sdk()");
        Write("sdk/sdk.render.js", "render()");
        Write("sdk/sdk.preview.html", "<!doctype html><title>Preview</title>");
        Write("sdk/sdk.preview.js", "preview()");
        Write("demo/index.html", "<!doctype html><title>Demo</title>");
        Write("demo.json", """{"tenantKey":"pk_1"}""");
        gateway = await GatewayUnderTest.StartAsync($"--Gateway:Dashboard={folder}/dashboard", $"--Gateway:Sdk={folder}/sdk", $"--Gateway:Demo={folder}/demo", $"--Gateway:DemoConfig={folder}/demo.json");
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("/", "Dashboard")]
    [InlineData("/journeys/5/analytics", "Dashboard")]
    [InlineData("/demo/", "Demo")]
    [InlineData("/docs", "Journeys API")]
    public async Task Pages_come_with_a_strict_policy(string path, string title)
    {
        var page = await gateway.CallAsync("GET", path, key: null, headers: ("Accept", "text/html"));

        Assert.Equal(200, page.Status);
        Assert.Contains($"<title>{title}", page.Text, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("no-cache", page.Header("Cache-Control"));
        Assert.Equal("nosniff", page.Header("X-Content-Type-Options"));
    }

    [Fact]
    public async Task The_preview_of_content_is_an_origin_of_its_own_and_only_the_dashboard_frames_it()
    {
        var preview = await gateway.CallAsync("GET", "/sdk.preview.html", key: null, headers: ("Accept", "text/html"));
        var script = await gateway.CallAsync("GET", "/sdk.preview.js", key: null);
        var dashboard = await gateway.CallAsync("GET", "/", key: null, headers: ("Accept", "text/html"));

        var policy = preview.Header("Content-Security-Policy")!.Split("; ");
        Assert.Equal((200, "preview()"), (preview.Status, script.Text));
        Assert.Contains("sandbox allow-scripts allow-forms", policy);
        Assert.Contains("frame-ancestors 'self'", policy);
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("frame-src 'self'", dashboard.Header("Content-Security-Policy")!.Split("; "));
    }

    [Fact]
    public async Task Scripts_are_cached_and_compressed()
    {
        var asset = await gateway.CallAsync("GET", "/assets/app-1a2b.js", key: null, headers: ("Accept-Encoding", "br"));
        var sdk = await gateway.CallAsync("GET", "/sdk.js", key: null);
        var again = await gateway.CallAsync("GET", "/sdk.js", key: null, headers: ("If-None-Match", sdk.Header("ETag")!));

        Assert.Equal(("br", "public, max-age=31536000, immutable"), (asset.Header("Content-Encoding"), asset.Header("Cache-Control")!.Replace("max-age=31536000, public", "public, max-age=31536000", StringComparison.Ordinal)));
        Assert.Equal(("sdk()", "*", "cross-origin"), (sdk.Text, sdk.Header("Access-Control-Allow-Origin"), sdk.Header("Cross-Origin-Resource-Policy")));
        Assert.Equal(304, again.Status);
    }

    [Fact]
    public async Task The_demo_learns_its_key_and_is_not_there_unless_it_is_asked_for()
    {
        await using var bare = await GatewayUnderTest.StartAsync($"--Gateway:Dashboard={folder}/dashboard", $"--Gateway:Demo={folder}/demo");

        var config = await gateway.CallAsync("GET", "/demo/config.json", key: null);
        var renderer = await gateway.CallAsync("GET", "/sdk.render.js?v=1", key: null);
        var without = await bare.CallAsync("GET", "/demo/", key: null);
        var withoutConfig = await bare.CallAsync("GET", "/demo/config.json", key: null);

        Assert.Equal(("{\"tenantKey\":\"pk_1\"}", "render()"), (config.Text, renderer.Text));
        Assert.Equal((404, 404), (without.Status, withoutConfig.Status));
    }

    [Theory]
    [InlineData("/api/nothing")]
    [InlineData("/sdk/nothing")]
    [InlineData("/nothing.js")]
    public async Task What_is_not_there_is_a_problem_and_not_the_dashboard(string path)
    {
        var reply = await gateway.CallAsync("GET", path, key: null, headers: ("Accept", path.EndsWith(".js", StringComparison.Ordinal) ? "*/*" : "text/html"));

        Assert.Equal((404, "application/problem+json"), (reply.Status, reply.Header("Content-Type")));
    }

    [Fact]
    public async Task A_dashboard_that_is_not_built_says_so()
    {
        await using var bare = await GatewayUnderTest.StartAsync($"--Gateway:Dashboard={folder}/none");

        var page = await bare.CallAsync("GET", "/", key: null, headers: ("Accept", "text/html"));

        Assert.Equal(404, page.Status);
        Assert.Contains("npm run build", page.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Health_answers_without_a_key(string path) => Assert.Equal(200, (await gateway.CallAsync("GET", path, key: null)).Status);

    [Fact]
    public async Task The_description_passes_a_standard_linter()
    {
        var description = await gateway.CallAsync("GET", "/openapi.json", key: null);
        var file = Path.Combine(folder, "openapi.json");
        await File.WriteAllTextAsync(file, description.Text);
        var linter = RepoRoot.Under("tests/Gateway.Tests/openapi");
        await Tool.RunAsync(linter, "npm", "ci", "--no-audit", "--no-fund");

        var output = await Tool.RunAsync(linter, "npx", "redocly", "lint", file, "--config", "redocly.yaml", "--format", "stylish");

        Assert.Contains("Your API description is valid", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_says_what_the_protos_say()
    {
        var json = (await gateway.CallAsync("GET", "/openapi.json", key: null)).Json;
        var create = json.GetProperty("paths").GetProperty("/api/journeys").GetProperty("post");
        var schema = json.GetProperty("components").GetProperty("schemas").GetProperty("definition.CreateJourneyRequest");

        Assert.Equal("Creates a draft", create.GetProperty("summary").GetString());
        Assert.Equal("name", schema.GetProperty("required")[0].GetString());
    }

    [Fact]
    public async Task The_description_of_facts_passes_the_parser_of_AsyncAPI()
    {
        var description = await gateway.CallAsync("GET", "/asyncapi.json", key: null);
        var file = Path.Combine(folder, "asyncapi.json");
        await File.WriteAllTextAsync(file, description.Text);
        var parser = RepoRoot.Under("tests/Gateway.Tests/asyncapi");
        await Tool.RunAsync(parser, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");

        var output = await Tool.RunAsync(parser, "node", "check.js", file);

        Assert.Equal($"{Facts.All.Count + 1} operations, {Facts.All.Count} messages\n", output);
    }

    [Fact]
    public async Task The_description_of_facts_has_every_message_that_a_reader_may_bind_to()
    {
        var broker = JsonNode.Parse(await File.ReadAllTextAsync(RepoRoot.Under("deploy/rabbitmq/definitions.json")))!;
        var reader = broker["permissions"]!.AsArray().Single(user => user!["user"]!.GetValue<string>() == "reader")!;
        var types = EventsReflection.Descriptor.MessageTypes;
        var parts = types.SelectMany(type => type.Fields.InDeclarationOrder())
            .Where(field => field.FieldType == FieldType.Message).Select(field => field.MessageType);

        var description = JsonNode.Parse((await gateway.CallAsync("GET", "/asyncapi.json", key: null)).Text)!;

        Assert.Equal(
            types.Except(parts).Where(type => Regex.IsMatch(type.FullName, reader["read"]!.GetValue<string>())).Select(type => type.Name).Order(),
            description["components"]!["messages"]!.AsObject().Select(message => message.Key).Order());
    }

    void Write(string path, string text)
    {
        var file = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
