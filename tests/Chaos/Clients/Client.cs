using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Journeys.Ledgers.Clients;

namespace Journeys.Chaos.Clients;

/// <summary>Calls as careful clients do: what has no answer or says "later" is sent again, to another gateway, under the same key.</summary>
sealed class Client : IDisposable
{
    // The gateway gives up earlier by itself; only one that is frozen takes so long.
    static readonly TimeSpan PageTry = TimeSpan.FromSeconds(12);
    static readonly TimeSpan BackendTry = TimeSpan.FromSeconds(35);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    // Somebody else paused, archived or edited it meanwhile.
    static readonly HashSet<string> Expected = ["JOURNEY_PAUSED", "JOURNEY_ARCHIVED", "STALE_REVISION"];

    readonly IReadOnlyList<HttpClient> gateways;
    readonly string key;
    readonly CallCounts counts;
    readonly Pace? pace;
    int next;

    /// <param name="gateways">Where the API is answered.</param>
    /// <param name="key">A secret or a publishable key.</param>
    /// <param name="counts">Counts the answers.</param>
    /// <param name="pace">How many calls a second are made; null for no limit.</param>
    public Client(IReadOnlyList<Uri> gateways, string key, CallCounts counts, Pace? pace = null)
    {
        this.gateways = [.. gateways.Select(address => new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan })];
        this.key = key;
        this.counts = counts;
        this.pace = pace;
    }

    public Task<Answer> PostAsync(string path, object body, Action<ClientOutcome, JsonNode?>? note = null) => CallAsync(HttpMethod.Post, path, body, note);

    public Task<Answer> GetAsync(string path) => CallAsync(HttpMethod.Get, path, null, null);

    /// <summary>Calls until it is answered, or for two minutes.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="note">Told what is known of each try.</param>
    public async Task<Answer> CallAsync(HttpMethod method, string path, object? body, Action<ClientOutcome, JsonNode?>? note)
    {
        var (requestId, began) = (Guid.NewGuid().ToString(), TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            if (pace is not null)
                await pace.WaitAsync(CancellationToken.None);
            var (answer, rest) = await TryAsync(method, path, body, requestId);
            note?.Invoke(answer.IsOk ? ClientOutcome.Ok : answer.Reason.Length > 0 ? ClientOutcome.Failed : ClientOutcome.Unknown, answer.Body);
            if (answer.IsOk || answer.Reason.Length > 0)
                return answer;
            await Task.Delay(rest);
        }

        counts.Problem($"{method} {path} had no answer for {Patience.TotalMinutes:0} minutes");
        return Answer.Never;
    }

    public void Dispose()
    {
        foreach (var gateway in gateways)
            gateway.Dispose();
    }

    async Task<(Answer Answer, TimeSpan Later)> TryAsync(HttpMethod method, string path, object? body, string requestId)
    {
        using var limit = new CancellationTokenSource(path.StartsWith("/sdk", StringComparison.Ordinal) ? PageTry : BackendTry);
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-API-Key", key);
        request.Headers.Add("Idempotency-Key", requestId);
        try
        {
            var gateway = gateways[(Interlocked.Increment(ref next) & int.MaxValue) % gateways.Count];
            using var response = await gateway.SendAsync(request, limit.Token);
            return Judge(request, response, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            counts.Count("no answer");
            return (Answer.Never, Rest);
        }
    }

    (Answer Answer, TimeSpan Later) Judge(HttpRequestMessage request, HttpResponseMessage response, string text)
    {
        var later = response.Headers.RetryAfter?.Delta;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                counts.Count("ok");
                return (new Answer(JsonNode.Parse(text)!, ""), TimeSpan.Zero);
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.GatewayTimeout when later is { } rest:
                counts.Count($"{(int)response.StatusCode}");
                return (Answer.Never, rest);
            case >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError:
                var reason = ReasonIn(text);
                counts.Count($"refused {reason}");
                if (!Expected.Contains(reason))
                    counts.Problem($"{request.Method} {request.RequestUri} was refused with {(int)response.StatusCode}: {text}");
                return (new Answer(null, reason), TimeSpan.Zero);
            default:
                counts.Problem($"{request.Method} {request.RequestUri} answered {(int)response.StatusCode}: {text}");
                return (Answer.Never, Rest);
        }
    }

    static string ReasonIn(string text)
    {
        try
        {
            return (string?)JsonNode.Parse(text)?["reason"] ?? "without a reason";
        }
        catch (System.Text.Json.JsonException)
        {
            return "without a reason";
        }
    }
}
