using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Journeys.Testing;

namespace Journeys.Clusters.Tests;

/// <summary>An answer of the public API.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The JSON.</param>
/// <param name="RetryAfter">The header `Retry-After`; null if there is none.</param>
/// <param name="Time">How long it took.</param>
public sealed record Answer(int Status, JsonNode Body, TimeSpan? RetryAfter, TimeSpan Time)
{
    /// <summary>Says "later": it is sent again.</summary>
    public bool IsLater => Status is 429 or 503 or 504;

    public override string ToString() => $"{Status} after {Time.TotalSeconds:0.0} s: {Body.ToJsonString()}";
}

/// <summary>Calls as a careful client: what is told to come later is sent again under the same key, until it is answered.</summary>
public sealed class Client : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly HttpClient backend;
    readonly HttpClient page;
    int later;

    public Client(Uri address)
    {
        // Longer than any call may take, so that a call without an answer fails the test.
        backend = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        backend.DefaultRequestHeaders.Add("Authorization", $"Bearer {Installation.SecretKey}");
        page = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(1) };
        page.DefaultRequestHeaders.Add("X-API-Key", Installation.PublishableKey);
    }

    /// <summary>Every answer that was neither a success nor "later" with `Retry-After`.</summary>
    public ConcurrentBag<string> Surprises { get; } = [];

    /// <summary>How many answers said "later".</summary>
    public int Later => later;

    /// <summary>Calls once.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, string? key = null)
    {
        var client = path.StartsWith("/sdk", StringComparison.Ordinal) ? page : backend;
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key ?? Guid.NewGuid().ToString());
        var start = TimeProvider.System.GetTimestamp();
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var answer = new Answer(
            (int)response.StatusCode, JsonNode.Parse(text)!, response.Headers.RetryAfter?.Delta, TimeProvider.System.GetElapsedTime(start));
        if (answer.IsLater)
            Interlocked.Increment(ref later);
        if (!response.IsSuccessStatusCode && (!answer.IsLater || answer.RetryAfter is null))
            Surprises.Add($"{method} {path} answered {answer}");
        return answer;
    }

    /// <summary>Calls until it is answered with success.</summary>
    public async Task<JsonNode> AskAsync(HttpMethod method, string path, object? body = null, string? key = null)
    {
        key ??= Guid.NewGuid().ToString();
        var answer = await Eventually.Some(
            async () => await SendAsync(method, path, body, key) is { IsLater: false } told ? told : null, $"an answer to {method} {path}", Patience);
        return answer.Status == (int)HttpStatusCode.OK ? answer.Body : throw new HttpRequestException($"{method} {path} answered {answer}");
    }

    public Task<JsonNode> PostAsync(string path, object body, string? key = null) => AskAsync(HttpMethod.Post, path, body, key);

    /// <summary>Makes a journey and publishes it; gives its id.</summary>
    public async Task<string> PublishAsync(JsonNode design)
    {
        var id = (await PostAsync("/api/journeys", design))["id"]!.GetValue<string>();
        await PostAsync($"/api/journeys/{id}/publish", new { });
        return id;
    }

    public void Dispose()
    {
        backend.Dispose();
        page.Dispose();
    }
}
