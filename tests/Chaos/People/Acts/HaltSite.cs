using Journeys.Testing.Clients;

namespace Journeys.Chaos.People.Acts;

/// <summary>Halts the site while a list is being enrolled, and resumes it after a while.</summary>
sealed class HaltSite(CarefulClient backend, Group group, Scene scene, Random random)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    public async Task DoAsync()
    {
        if (!scene.MayBeHalted)
            return;

        await group.EnrollListAsync(scene.Naps);
        await backend.PostAsync($"/api/sites/{scene.Site}/halt", new { reason = "chaos" });
        await Task.Delay(random.NextDouble() * Longest);
        while ((bool?)(await backend.PostAsync($"/api/sites/{scene.Site}/resume", new { })).Body?["appliedEverywhere"] != true)
            await Task.Delay(TimeSpan.FromSeconds(1));
        await group.EnrollRestOfListAsync(scene.Naps);
    }
}
