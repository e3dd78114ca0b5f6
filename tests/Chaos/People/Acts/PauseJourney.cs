using Journeys.Testing.Clients;

namespace Journeys.Chaos.People.Acts;

/// <summary>Pauses a journey, and resumes it after a while.</summary>
sealed class PauseJourney(CarefulClient backend, Random random)
{
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

    public async Task DoAsync(Guid journey)
    {
        await backend.PostAsync($"/api/journeys/{journey}/pause", new { });
        await Task.Delay(random.NextDouble() * Longest);
        await backend.PostAsync($"/api/journeys/{journey}/resume", new { });
    }
}
