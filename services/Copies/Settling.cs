using System.Runtime.ExceptionServices;

namespace Journeys.Copies;

/// <summary>Applies a changed halt to the journeys of a site, each in its own transaction.</summary>
public static class Settling
{
    /// <summary>
    /// Settles unlocked journeys first and busy ones afterwards, so that a busy journey delays no other.
    /// </summary>
    /// <param name="journeys">The journeys.</param>
    /// <param name="settle">
    /// Settles a journey; the flag says whether to wait for a lock. May return false if it must not wait and the
    /// journey is locked.
    /// </param>
    /// <exception cref="Exception">The first failure, after all other journeys were settled.</exception>
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
