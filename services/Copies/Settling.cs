namespace Journeys.Copies;

/// <summary>Lets the journeys of a site rest or go on after its halt changed, each in a transaction of its own.</summary>
public static class Settling
{
    /// <summary>Settles those that nobody holds first, so that a busy one keeps no other from being halted.</summary>
    /// <param name="journeys">The journeys.</param>
    /// <param name="settle">Settles a journey. It may return false where it is not to wait and somebody else holds the journey.</param>
    public static async Task FreeFirstAsync(IEnumerable<Guid> journeys, Func<Guid, bool, Task<bool>> settle)
    {
        var busy = new List<Guid>();
        foreach (var journeyId in journeys)
        {
            if (!await settle(journeyId, false))
                busy.Add(journeyId);
        }

        foreach (var journeyId in busy)
            await settle(journeyId, true);
    }
}
