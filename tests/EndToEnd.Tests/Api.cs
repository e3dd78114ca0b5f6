using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Journeys.EndToEnd.Tests;

/// <summary>The public REST API as backends (secret key) and pages (publishable key) call it.</summary>
public sealed class Api : IDisposable
{
    // The first call of a kind takes a program that has just started seconds on a busy machine, and has a limit.
    const int MostTries = 5;

    readonly HttpClient backend;
    readonly HttpClient page;

    /// <param name="address">The gateway.</param>
    /// <param name="secretKey">The key of backends.</param>
    /// <param name="publishableKey">The key of pages.</param>
    /// <param name="handler">What sends the calls, if they are to be looked at.</param>
    public Api(Uri address, string secretKey, string publishableKey, Func<HttpMessageHandler>? handler = null)
    {
        handler ??= () => new SocketsHttpHandler();
        backend = new HttpClient(handler()) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(15) };
        backend.DefaultRequestHeaders.Add("Authorization", $"Bearer {secretKey}");
        page = new HttpClient(handler()) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(15) };
        page.DefaultRequestHeaders.Add("X-API-Key", publishableKey);
    }

    public Task<JsonNode> GetAsync(string path) => SendAsync(backend, HttpMethod.Get, path, null);

    /// <param name="path">The path.</param>
    /// <param name="body">The body.</param>
    /// <param name="key">Makes a repeat of the call one and the same call, as the header `Idempotency-Key`.</param>
    public Task<JsonNode> PostAsync(string path, object body, string key = "") => SendAsync(backend, HttpMethod.Post, path, body, key);

    public Task<JsonNode> DeleteAsync(string path) => SendAsync(backend, HttpMethod.Delete, path, null);

    public Task<JsonNode> PutAsync(string path, object body) => SendAsync(backend, HttpMethod.Put, path, body);

    public Task<JsonNode> PatchAsync(string path, object body) => SendAsync(backend, HttpMethod.Patch, path, body);

    public Task<JsonNode> SdkGetAsync(string path) => SendAsync(page, HttpMethod.Get, path, null);

    public Task<JsonNode> SdkAsync(string path, object body) => SendAsync(page, HttpMethod.Post, path, body);

    /// <summary>Calls until it is answered, as a careful client does when services come and go.</summary>
    public static async Task<JsonNode> UntilAnsweredAsync(Func<Task<JsonNode>> call)
    {
        using var rest = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (exception is HttpRequestException { StatusCode: not HttpStatusCode.BadRequest } or TaskCanceledException && tries < 400)
            {
                await rest.WaitForNextTickAsync();
            }
        }
    }

    /// <summary>Makes a journey and publishes it; gives its id.</summary>
    public async Task<string> PublishAsync(JsonNode journey)
    {
        var id = (await PostAsync("/api/journeys", journey))["id"]!.GetValue<string>();
        await PostAsync($"/api/journeys/{id}/publish", new { });
        return id;
    }

    /// <summary>The newest enrollment of a user in a journey.</summary>
    public async Task<JsonNode?> EnrollmentAsync(string journeyId, string userId) =>
        (await GetAsync($"/api/journeys/{journeyId}/enrollments?userId={userId}"))["enrollments"]?.AsArray().FirstOrDefault();

    // As clients are advised to and as the SDK does: what has no answer, or says "later", is sent again under the same key.
    static async Task<JsonNode> SendAsync(HttpClient client, HttpMethod method, string path, object? body, string key = "")
    {
        if (key.Length == 0)
            key = Guid.NewGuid().ToString();
        using var rest = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await SendOnceAsync(client, method, path, body, key);
            }
            catch (Exception exception) when (tries < MostTries && MayComeLater(exception))
            {
                await rest.WaitForNextTickAsync();
            }
        }
    }

    static bool MayComeLater(Exception exception) =>
        exception is TaskCanceledException or HttpRequestException { StatusCode: HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout };

    static async Task<JsonNode> SendOnceAsync(HttpClient client, HttpMethod method, string path, object? body, string key)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text)!
            : throw new HttpRequestException($"{method} {path} answered {(int)response.StatusCode}: {text}", null, response.StatusCode);
    }

    public void Dispose()
    {
        backend.Dispose();
        page.Dispose();
    }
}
