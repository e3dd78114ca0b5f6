using Journeys.Testing.Clients;

namespace Journeys.Chaos.People.Acts;

/// <summary>Publishes another journey for the audience: a sweep enrolls who belongs to it, and others enter when they come to belong to it.</summary>
sealed class OpenClub(CarefulClient backend, Scene scene)
{
    public async Task DoAsync()
    {
        var journey = await backend.PublishAsync(Designs.TwoSteps(scene.Audience));
        scene.Clubs.Enqueue(journey);
        foreach (var member in scene.Members)
            member.IsToBeIn(journey);
    }
}
