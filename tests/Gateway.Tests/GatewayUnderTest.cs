using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Journeys.BuildingBlocks.Databases;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Journeys.Gateways.Tests;

/// <summary>A gateway on real PostgreSQL, with a peer behind it that stands for all services.</summary>
public sealed class GatewayUnderTest : IAsyncDisposable
{
    public const string SecretKey = "sk_0123456789012345678901234567890123456789012";
    public const string PublishableKey = "pk_0123456789012345678901234567890123456789012";
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "correct horse battery";

    public static readonly string SigningKey = Convert.ToBase64String(Enumerable.Range(1, 32).Select(number => (byte)number).ToArray());

    readonly List<IAsyncDisposable> parts = [];
    WebApplication app = null!;

    public Peer Peer { get; private set; } = null!;

    public TestDatabase Database { get; private set; } = null!;

    public IServiceProvider Services => app.Services;

    /// <summary>What it was started with.</summary>
    public string[] Settings { get; private set; } = [];

    /// <summary>The public address.</summary>
    public Uri Address => new(app.Urls.First());

    /// <summary>Where native gRPC is answered.</summary>
    public Uri GrpcAddress => new(app.Urls.Last());

    /// <summary>Sends no credentials by itself and keeps no cookies.</summary>
    public HttpClient Http { get; private set; } = null!;

    public static async Task<GatewayUnderTest> StartAsync(params string[] settings)
    {
        var gateway = new GatewayUnderTest();
        gateway.Database = await TestDatabase.CreateAsync("gateway", connection => Migrations.MigrateAsync(
            connection, "access", typeof(AccessHost).Assembly, outbox: false, NullLogger.Instance));
        gateway.parts.Add(gateway.Database);
        gateway.Peer = await Peer.StartAsync(SigningKey);
        gateway.parts.Add(gateway.Peer);
        gateway.Settings =
        [
            "--urls=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=Error",
            $"--Postgres:ConnectionString={gateway.Database.ConnectionString}",
            $"--Identity:SigningKey={SigningKey}",
            $"--Services:Definition={gateway.Peer.Address}",
            $"--Services:Enrollment={gateway.Peer.Address}",
            $"--Services:Scheduler={gateway.Peer.Address}",
            "--Access:Bootstrap:SiteName=First",
            $"--Access:Bootstrap:AdminEmail={AdminEmail}",
            $"--Access:Bootstrap:AdminPassword={AdminPassword}",
            $"--Access:Bootstrap:SecretKey={SecretKey}",
            $"--Access:Bootstrap:PublishableKey={PublishableKey}",
            .. settings,
        ];
        gateway.app = GatewayApp.Create(gateway.Settings);
        gateway.parts.Add(gateway.app);
        await gateway.app.StartAsync();
        gateway.Http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = gateway.Address };
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var part in Enumerable.Reverse(parts))
            await part.DisposeAsync();
    }

    /// <summary>Calls with a key (none when null) and reads the JSON of the answer.</summary>
    public Task<Reply> CallAsync(string verb, string path, object? body = null, string? key = SecretKey, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(verb), path);
        if (body is string text)
            request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        else if (body is HttpContent content)
            request.Content = content;
        else if (body is not null)
            request.Content = JsonContent.Create(body);
        if (key is not null)
            request.Headers.Add("X-API-Key", key);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return SendAsync(request);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true && text.Length > 0;
        return new Reply((int)response.StatusCode, isJson ? JsonSerializer.Deserialize<JsonElement>(text) : default, text, response);
    }
}

/// <summary>An answer, read.</summary>
public sealed record Reply(int Status, JsonElement Json, string Text, HttpResponseMessage Response)
{
    public string Reason => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty("reason", out var reason) ? reason.GetString()! : "";

    public string this[string name] => Json.GetProperty(name).ToString();

    public string? Header(string name) =>
        Response.Headers.TryGetValues(name, out var values) || Response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    /// <summary>The fields that the problem blames.</summary>
    public IReadOnlyList<string> BlamedFields => [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()!)];
}
