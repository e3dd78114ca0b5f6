using System.Text.Json;
using System.Text.Json.Nodes;

namespace Journeys.Local.Demo;

/// <summary>Provides the made-up product at `/demo` with a journey to run and the key to run it with.</summary>
public sealed class DemoSite(DemoApi api, Credentials credentials)
{
    /// <summary>What the gateway serves as `/demo/config.json`, once it exists.</summary>
    public static string ConfigIn(string folder) => Path.GetFullPath(Path.Combine(folder, "demo.json"));

    /// <summary>Publishes the journey unless an earlier start did, and writes the file; gives the site's address.</summary>
    public async Task<string> OpenAsync(string folder, CancellationToken ct)
    {
        var journeyId = await PublishedAsync(ct) ?? await PublishAsync(ct);
        var config = JsonSerializer.Serialize(new { tenantKey = credentials.PublishableKey, journeyId });
        await File.WriteAllTextAsync(ConfigIn(folder), config, ct);
        return $"{credentials.Url}/demo/";
    }

    async Task<string?> PublishedAsync(CancellationToken ct)
    {
        var found = await api.GetAsync($"/api/journeys?status=PUBLISHED&search={Uri.EscapeDataString(SprigJourney.Name)}", ct);
        return found["journeys"]!.AsArray().FirstOrDefault(each => each!["name"]!.GetValue<string>() == SprigJourney.Name)?["id"]!.GetValue<string>();
    }

    async Task<string> PublishAsync(CancellationToken ct)
    {
        var id = (await api.PostAsync("/api/journeys", SprigJourney.Body(), ct))["id"]!.GetValue<string>();
        await api.PostAsync($"/api/journeys/{id}/publish", new JsonObject(), ct);
        return id;
    }
}
