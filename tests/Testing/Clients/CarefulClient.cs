using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Journeys.Testing.Clients;

/// <summary>
/// Retries calls like a careful client: a call without an answer, or whose answer asks for a retry, is sent again to
/// another gateway with the same key.
/// </summary>
/// <param name="gateways">The addresses of the API.</param>
/// <param name="secretKey">The key for calls of the backend.</param>
/// <param name="publishableKey">The key for calls of pages, whose paths begin with `/sdk`.</param>
/// <param name="counts">Counts the answers.</param>
/// <param name="pace">Limits the calls per second; null for no limit.</param>
public sealed class CarefulClient(IReadOnlyList<Uri> gateways, string secretKey, string publishableKey, CallCounts counts, Pace? pace = null)
    : IDisposable
{
    // Longer than the gateway's own timeouts, so only a frozen gateway takes so long.
    static readonly TimeSpan PageTry = TimeSpan.FromSeconds(12);
    static readonly TimeSpan BackendTry = TimeSpan.FromSeconds(35);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    readonly IReadOnlyList<HttpClient> clients = [.. gateways.Select(address => new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan })];
    int next;

    /// <summary>The timeout of one try; null for slightly more than the gateway's own timeout.</summary>
    public TimeSpan? TryLimit { get; init; }

    /// <summary>Counts the results of the calls.</summary>
    public CallCounts Counts => counts;

    /// <summary>Sends a call with a body until it is answered.</summary>
    public Task<Answer> PostAsync(string path, object body, Action<Answer>? note = null, string? key = null) =>
        CallAsync(HttpMethod.Post, path, body, note, key);

    /// <summary>Sends a call until it is answered.</summary>
    public Task<Answer> GetAsync(string path) => CallAsync(HttpMethod.Get, path);

    /// <summary>Creates a journey, publishes it and returns its id.</summary>
    public async Task<Guid> PublishAsync(JsonNode design)
    {
        var id = (await PostAsync("/api/journeys", design)).Success["id"]!.GetValue<Guid>();
        _ = (await PostAsync($"/api/journeys/{id}/publish", new { })).Success;
        return id;
    }

    /// <summary>Sends a call until it is answered, for at most two minutes.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="note">Receives the result of each try.</param>
    /// <param name="key">The idempotency key; null for a new one.</param>
    public async Task<Answer> CallAsync(HttpMethod method, string path, object? body = null, Action<Answer>? note = null, string? key = null)
    {
        key ??= Guid.NewGuid().ToString();
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < Patience;)
        {
            if (pace is not null)
                await pace.WaitAsync(CancellationToken.None);
            var answer = await TryAsync(method, path, body, key);
            note?.Invoke(answer);
            if (answer.IsOk || answer.IsRefused)
                return answer;
            await Task.Delay(answer.IsLater ? answer.RetryAfter!.Value : Rest);
        }

        counts.Problem($"{method} {path} had no answer for {Patience.TotalMinutes:0} minutes");
        return Answer.Never;
    }

    /// <summary>Sends a call once.</summary>
    /// <returns>The answer; its status is 0 if none arrived in time.</returns>
    public async Task<Answer> TryAsync(HttpMethod method, string path, object? body, string key)
    {
        var answer = await SendAsync(method, path, body, key);
        counts.Count($"{method} {path}", answer);
        return answer;
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        foreach (var client in clients)
            client.Dispose();
    }

    async Task<Answer> SendAsync(HttpMethod method, string path, object? body, string key)
    {
        var isPage = path.StartsWith("/sdk", StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(TryLimit ?? (isPage ? PageTry : BackendTry));
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-API-Key", isPage ? publishableKey : secretKey);
        request.Headers.Add("Idempotency-Key", key);
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            using var response = await clients[(Interlocked.Increment(ref next) & int.MaxValue) % clients.Count].SendAsync(request, limit.Token);
            var text = await response.Content.ReadAsStringAsync(limit.Token);
            return new Answer((int)response.StatusCode, text, response.Headers.RetryAfter?.Delta, TimeProvider.System.GetElapsedTime(began));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return Answer.Never;
        }
    }
}
