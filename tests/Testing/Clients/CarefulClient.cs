using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Journeys.Testing.Clients;

/// <summary>Calls as careful clients do: what has no answer or says "later" is sent again, to another gateway, under the same key.</summary>
/// <param name="gateways">Where the API is answered.</param>
/// <param name="secretKey">The key of calls of the backend.</param>
/// <param name="publishableKey">The key of calls of pages, whose paths begin with `/sdk`.</param>
/// <param name="counts">Counts the answers.</param>
/// <param name="pace">How many calls a second are made; null for no limit.</param>
public sealed class CarefulClient(IReadOnlyList<Uri> gateways, string secretKey, string publishableKey, CallCounts counts, Pace? pace = null)
    : IDisposable
{
    // The gateway gives up earlier; only one that is frozen takes so long.
    static readonly TimeSpan PageTry = TimeSpan.FromSeconds(12);
    static readonly TimeSpan BackendTry = TimeSpan.FromSeconds(35);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    readonly IReadOnlyList<HttpClient> clients = [.. gateways.Select(address => new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan })];
    int next;

    /// <summary>How long one try may take; null for a little longer than the gateway takes.</summary>
    public TimeSpan? TryLimit { get; init; }

    /// <summary>What came of the calls.</summary>
    public CallCounts Counts => counts;

    /// <summary>Calls until it is answered, with a body.</summary>
    public Task<Answer> PostAsync(string path, object body, Action<Answer>? note = null, string? key = null) =>
        CallAsync(HttpMethod.Post, path, body, note, key);

    /// <summary>Calls until it is answered.</summary>
    public Task<Answer> GetAsync(string path) => CallAsync(HttpMethod.Get, path);

    /// <summary>Makes a journey, publishes it and returns its id.</summary>
    public async Task<Guid> PublishAsync(JsonNode design)
    {
        var id = (await PostAsync("/api/journeys", design)).Success["id"]!.GetValue<Guid>();
        _ = (await PostAsync($"/api/journeys/{id}/publish", new { })).Success;
        return id;
    }

    /// <summary>Calls until it is answered, or for two minutes.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="note">Told what came of each try.</param>
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

    /// <summary>Calls once.</summary>
    /// <returns>The answer, which has the status 0 if none came in time.</returns>
    public async Task<Answer> TryAsync(HttpMethod method, string path, object? body, string key)
    {
        var answer = await SendAsync(method, path, body, key);
        counts.Count($"{method} {path}", answer);
        return answer;
    }

    /// <summary>Ends the connections.</summary>
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
