using Journeys.Testing.Clients;

namespace Journeys.Chaos.People.Acts;

/// <summary>Stops half of the people of a journey by name and, while that is under way, the others by where they are.</summary>
sealed class StopMany(CarefulClient backend, Group group)
{
    public async Task DoAsync()
    {
        var journey = await backend.PublishAsync(Designs.TwoSteps(""));
        var inside = await group.EnrollAsync(journey);
        var some = inside.Where((_, number) => number % 2 == 0).ToList();
        if (some.Count == 0)
            return;

        await group.StopAsync(journey, new { userIds = some.Select(one => one.Name).ToList() }, some);
        await group.StopAsync(journey, new { nodeIds = new[] { Designs.First } }, inside);
    }
}
