using System.Text.Json.Nodes;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People.Acts;

/// <summary>Publishes a new version of the tour, by turns a longer and a shorter one.</summary>
sealed class PublishVersion(CarefulClient backend, Scene scene)
{
    int number;

    // A repeat may find that its first try was carried out, and is then refused as outdated.
    public async Task DoAsync()
    {
        var journey = (await backend.GetAsync($"/api/journeys/{scene.Tour}")).Success;
        var graph = Designs.Tour(isLonger: ++number % 2 == 1)["graph"]!.DeepClone();
        await backend.CallAsync(
            HttpMethod.Patch, $"/api/journeys/{scene.Tour}", new JsonObject { ["revision"] = (int)journey["revision"]!, ["graph"] = graph });
        await backend.PostAsync($"/api/journeys/{scene.Tour}/publish", new { });
    }
}
