using System.Text.Json.Nodes;
using Journeys.Chaos.People.Acts;
using Journeys.Testing.Clients;

namespace Journeys.Chaos.People;

/// <summary>Makes the journeys, and does one act after the other to them while people walk.</summary>
sealed class Author(CarefulClient backend, Group group, Scene scene, Random random)
{
    static readonly TimeSpan BetweenActs = TimeSpan.FromSeconds(2);

    readonly OpenClub openClub = new(backend, scene);

    /// <summary>Makes what people walk from the beginning.</summary>
    public async Task PrepareAsync()
    {
        var rule = new JsonObject { ["condition"] = new JsonObject { ["field"] = $"traits.{Scene.Trait}", ["operator"] = "EQ", ["value"] = "yes" } };
        scene.Audience = (string)(await backend.PostAsync("/api/audiences", new JsonObject { ["name"] = "Club", ["rule"] = rule })).Success["id"]!;
        scene.Tour = await backend.PublishAsync(Designs.Tour(isLonger: false));
        scene.Steps = await backend.PublishAsync(Designs.TwoSteps(""));
        scene.Trial = await backend.PublishAsync(Designs.Trial());
        scene.Naps = await backend.PublishAsync(Designs.Naps());
        await openClub.DoAsync();
        scene.Site = Guid.Parse((string)(await backend.GetAsync($"/api/journeys/{scene.Tour}")).Success["siteId"]!);
    }

    /// <summary>Does all acts in turn, again and again.</summary>
    /// <param name="opensMore">
    /// Whether there are more and more journeys, and with them more to do for everybody of the audience, and whether the site is halted.
    /// </param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(bool opensMore, CancellationToken stop)
    {
        var acts = opensMore ? AllActs() : StayingActs();
        for (var act = 0; !stop.IsCancellationRequested; act++)
        {
            await acts[act % acts.Length]();
            await RestAsync(stop);
        }
    }

    // Those after which there are as many journeys as before.
    Func<Task>[] StayingActs()
    {
        var (pause, publish) = (new PauseJourney(backend, random), new PublishVersion(backend, scene));
        return
        [
            () => group.EnrollAsync(scene.Naps),
            () => pause.DoAsync(scene.Tour),
            () => group.EnrollListAsync(scene.Naps),
            publish.DoAsync,
            () => pause.DoAsync(scene.Steps),
        ];
    }

    Func<Task>[] AllActs() =>
    [
        .. StayingActs(),
        new HaltSite(backend, group, scene, random).DoAsync,
        new StopMany(backend, group).DoAsync,
        new ArchiveAndRestore(backend, group).DoAsync,
        openClub.DoAsync,
    ];

    static async Task RestAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(BetweenActs, stop);
        }
        catch (OperationCanceledException)
        {
            // The run is about to end.
        }
    }
}
