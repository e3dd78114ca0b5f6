using System.Text.Json.Nodes;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>Makes the journeys and changes them while people walk: pauses, halts, new versions, lists, stops, archives.</summary>
sealed class Author(CarefulClient backend, Group group, Scene scene, Random random)
{
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    int number;

    /// <summary>Makes what people walk from the beginning.</summary>
    public async Task PrepareAsync()
    {
        var rule = new JsonObject { ["condition"] = new JsonObject { ["field"] = $"traits.{Scene.Trait}", ["operator"] = "EQ", ["value"] = "yes" } };
        scene.Audience = (string)(await backend.PostAsync("/api/audiences", new JsonObject { ["name"] = "Club", ["rule"] = rule })).Success["id"]!;
        scene.Tour = await backend.PublishAsync(Designs.Tour(isLonger: false));
        scene.Steps = await backend.PublishAsync(Designs.TwoSteps(""));
        scene.Trial = await backend.PublishAsync(Designs.Trial());
        scene.Naps = await backend.PublishAsync(Designs.Naps());
        await OpenClubAsync();
        scene.Site = Guid.Parse((string)(await backend.GetAsync($"/api/journeys/{scene.Tour}")).Success["siteId"]!);
    }

    /// <summary>Does one after the other, again and again.</summary>
    /// <param name="opensMore">
    /// Whether there are more and more journeys, and with them more to do for everybody of the audience, and whether the site is halted.
    /// </param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(bool opensMore, CancellationToken stop)
    {
        Func<Task>[] acts =
        [
            () => group.EnrollAsync(scene.Naps), () => PauseAsync(scene.Tour), () => group.EnrollListAsync(scene.Naps), HaltAsync,
            StopManyAsync, PublishVersionAsync, () => group.EnrollAsync(scene.Naps), ArchiveAsync,
            () => PauseAsync(scene.Steps), OpenClubAsync,
        ];
        if (!opensMore)
            acts = [.. acts.Except([ArchiveAsync, StopManyAsync, OpenClubAsync, HaltAsync])];
        for (var act = 0; !stop.IsCancellationRequested; act++)
        {
            await acts[act % acts.Length]();
            await RestAsync(TimeSpan.FromSeconds(2), stop);
        }
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
        var journey = (await backend.GetAsync($"/api/journeys/{scene.Tour}")).Success;
        var graph = Designs.Tour(isLonger: ++number % 2 == 1)["graph"]!.DeepClone();
        await backend.CallAsync(
            HttpMethod.Patch, $"/api/journeys/{scene.Tour}", new JsonObject { ["revision"] = (int)journey["revision"]!, ["graph"] = graph });
        await backend.PostAsync($"/api/journeys/{scene.Tour}/publish", new { });
    }

    // Then it is restored, and takes others.
    async Task ArchiveAsync()
    {
        var journey = await backend.PublishAsync(Designs.TwoSteps(""));
        await group.EnrollAsync(journey);
        foreach (var move in new[] { "archive", "restore", "publish" })
            await backend.PostAsync($"/api/journeys/{journey}/{move}", new { });
        await group.EnrollAsync(journey);
    }

    // Half of them by name and, while that is under way, the others by where they are.
    async Task StopManyAsync()
    {
        var journey = await backend.PublishAsync(Designs.TwoSteps(""));
        var inside = await group.EnrollAsync(journey);
        var some = inside.Where((_, number) => number % 2 == 0).ToList();
        if (some.Count == 0)
            return;

        await group.StopAsync(journey, new { userIds = some.Select(one => one.Name).ToList() }, some);
        await group.StopAsync(journey, new { nodeIds = new[] { Designs.First } }, inside);
    }

    // The job of a list fails while the site is halted, so lists and halts must not meet.
    async Task HaltAsync()
    {
        if (!scene.MayBeHalted)
            return;

        await group.UntilListIsInAsync();
        await backend.PostAsync($"/api/sites/{scene.Site}/halt", new { reason = "chaos" });
        await RestAsync(random.NextDouble() * LongestPause, CancellationToken.None);
        while ((bool?)(await backend.PostAsync($"/api/sites/{scene.Site}/resume", new { })).Body?["appliedEverywhere"] != true)
            await RestAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
    }

    // Whoever belongs to the audience already is let in by a sweep, everybody else when they come to belong to it.
    async Task OpenClubAsync()
    {
        var journey = await backend.PublishAsync(Designs.TwoSteps(scene.Audience));
        scene.Clubs.Enqueue(journey);
        foreach (var member in scene.Members)
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
