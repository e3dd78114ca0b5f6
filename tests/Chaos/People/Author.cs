using System.Text.Json.Nodes;
using Journeys.Chaos.Clients;

namespace Journeys.Chaos.People;

/// <summary>Makes the journeys and changes them while people walk: pauses, new versions, lists, archives.</summary>
sealed class Author(Client backend, Group group, Town town, Random random)
{
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    int number;

    /// <summary>Makes what people walk from the beginning.</summary>
    public async Task PrepareAsync()
    {
        var rule = new JsonObject { ["condition"] = new JsonObject { ["field"] = $"traits.{Town.Trait}", ["operator"] = "EQ", ["value"] = "yes" } };
        town.Audience = (string)(await backend.PostAsync("/api/audiences", new JsonObject { ["name"] = "Club", ["rule"] = rule })).Body!["id"]!;
        town.Tour = await PublishAsync(Designs.Tour(isLonger: false));
        town.Steps = await PublishAsync(Designs.TwoSteps(""));
        town.Naps = await PublishAsync(Designs.Naps());
        await OpenClubAsync();
        town.Site = Guid.Parse((string)(await backend.GetAsync($"/api/journeys/{town.Tour}")).Body!["siteId"]!);
    }

    /// <summary>Does one after the other, again and again.</summary>
    /// <param name="opensMore">Whether there are more and more journeys, and with them more to do for everybody of the audience.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(bool opensMore, CancellationToken stop)
    {
        Func<Task>[] acts =
        [
            () => group.EnrollAsync(town.Naps), () => PauseAsync(town.Tour), () => group.EnrollListAsync(town.Naps), PublishVersionAsync,
            () => group.EnrollAsync(town.Naps), ArchiveAsync, () => PauseAsync(town.Steps), OpenClubAsync,
        ];
        if (!opensMore)
            acts = [.. acts.Except([ArchiveAsync, OpenClubAsync])];
        for (var act = 0; !stop.IsCancellationRequested; act++)
        {
            await acts[act % acts.Length]();
            await RestAsync(TimeSpan.FromSeconds(2), stop);
        }
    }

    async Task<Guid> PublishAsync(JsonObject design)
    {
        var id = Guid.Parse((string)(await backend.PostAsync("/api/journeys", design)).Body!["id"]!);
        await backend.PostAsync($"/api/journeys/{id}/publish", new { });
        return id;
    }

    async Task PauseAsync(Guid journey)
    {
        await backend.PostAsync($"/api/journeys/{journey}/pause", new { });
        await RestAsync(random.NextDouble() * LongestPause, CancellationToken.None);
        await backend.PostAsync($"/api/journeys/{journey}/resume", new { });
    }

    // A repeat may find that its first try was carried out, and is then refused as outdated.
    async Task PublishVersionAsync()
    {
        var journey = (await backend.GetAsync($"/api/journeys/{town.Tour}")).Body!;
        var graph = Designs.Tour(isLonger: ++number % 2 == 1)["graph"]!.DeepClone();
        await backend.CallAsync(
            HttpMethod.Patch, $"/api/journeys/{town.Tour}", new JsonObject { ["revision"] = (int)journey["revision"]!, ["graph"] = graph }, note: null);
        await backend.PostAsync($"/api/journeys/{town.Tour}/publish", new { });
    }

    async Task ArchiveAsync()
    {
        var journey = await PublishAsync(Designs.TwoSteps(""));
        await group.EnrollAsync(journey);
        await backend.PostAsync($"/api/journeys/{journey}/archive", new { });
    }

    // Whoever belongs to the audience already is let in by a sweep, everybody else when they come to belong to it.
    async Task OpenClubAsync()
    {
        var journey = await PublishAsync(Designs.TwoSteps(town.Audience));
        town.Clubs.Enqueue(journey);
        foreach (var member in town.Members)
            member.IsToBeIn(journey);
    }

    static async Task RestAsync(TimeSpan rest, CancellationToken stop)
    {
        try
        {
            await Task.Delay(rest, stop);
        }
        catch (OperationCanceledException)
        {
            // The run is about to end.
        }
    }
}
