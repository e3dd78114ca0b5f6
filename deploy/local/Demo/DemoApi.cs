using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Local.Demo;

/// <summary>The public REST API, as a customer's backend and page call it.</summary>
public sealed class DemoApi : IDisposable
{
    readonly HttpClient backend;
    readonly HttpClient page;

    public DemoApi(Credentials credentials)
    {
        backend = new HttpClient { BaseAddress = new Uri(credentials.Url) };
        backend.DefaultRequestHeaders.Add("Authorization", $"Bearer {credentials.SecretKey}");
        page = new HttpClient { BaseAddress = new Uri(credentials.Url) };
        page.DefaultRequestHeaders.Add("X-API-Key", credentials.PublishableKey);
    }

    /// <summary>The id of the site that the keys belong to.</summary>
    public async Task<string> SiteIdAsync(CancellationToken ct) =>
        (await GetAsync("/api/sites", ct))["sites"]?[0]?["id"]?.GetValue<string>()
        ?? throw new InvalidOperationException("The site was not created.");

    /// <summary>Reads with the secret key.</summary>
    public Task<JsonNode> GetAsync(string path, CancellationToken ct) => SendAsync(backend, HttpMethod.Get, path, null, ct);

    /// <summary>Writes with the secret key.</summary>
    public Task<JsonNode> PostAsync(string path, object body, CancellationToken ct) => SendAsync(backend, HttpMethod.Post, path, body, ct);

    /// <summary>Calls as a page does, with the publishable key.</summary>
    public Task<JsonNode> SdkAsync(string path, object body, CancellationToken ct) => SendAsync(page, HttpMethod.Post, path, body, ct);

    static async Task<JsonNode> SendAsync(HttpClient client, HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path} answered {(int)response.StatusCode}: {text}");

        try
        {
            return JsonNode.Parse(text) ?? new JsonObject();
        }
        catch (JsonException)
        {
            throw new InvalidOperationException($"{method} {path} answered no JSON: {text}");
        }
    }

    public void Dispose()
    {
        backend.Dispose();
        page.Dispose();
    }
}
