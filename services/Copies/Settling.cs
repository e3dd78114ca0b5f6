using System.Runtime.ExceptionServices;

namespace Journeys.Copies;

/// <summary>Lets the journeys of a site rest or go on after its halt changed, each in a transaction of its own.</summary>
public static class Settling
{
    /// <summary>Settles those that nobody holds first, and goes on behind one that stays busy, so that it keeps no other from being halted.</summary>
    /// <param name="journeys">The journeys.</param>
    /// <param name="settle">Settles a journey. It may return false where it is not to wait and somebody else holds the journey.</param>
    /// <exception cref="Exception">What the first failed with of those that could not be settled.</exception>
    public static async Task FreeFirstAsync(IEnumerable<Guid> journeys, Func<Guid, bool, Task<bool>> settle)
    {
        var busy = new List<Guid>();
        foreach (var journeyId in journeys)
        {
            if (!await settle(journeyId, false))
                busy.Add(journeyId);
        }

        ExceptionDispatchInfo? failure = null;
        foreach (var journeyId in busy)
        {
            try
            {
                await settle(journeyId, true);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                failure ??= ExceptionDispatchInfo.Capture(exception);
            }
        }

        failure?.Throw();
    }
}
