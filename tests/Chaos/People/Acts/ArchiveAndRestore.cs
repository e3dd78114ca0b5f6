using Journeys.Testing.Clients;

namespace Journeys.Chaos.People.Acts;

/// <summary>Archives a journey with people inside, restores it and publishes it again, and lets others enter.</summary>
sealed class ArchiveAndRestore(CarefulClient backend, Group group)
{
    public async Task DoAsync()
    {
        var journey = await backend.PublishAsync(Designs.TwoSteps(""));
        await group.EnrollAsync(journey);
        foreach (var move in new[] { "archive", "restore", "publish" })
            await backend.PostAsync($"/api/journeys/{journey}/{move}", new { });
        await group.EnrollAsync(journey);
    }
}
