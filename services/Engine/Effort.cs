namespace Journeys.Engine;

/// <summary>Limits the work of the rules about one person, and ends it when the caller has cancelled.</summary>
/// <remarks>
/// Counts steps instead of time, so that the same rules and the same person have the same result on a busy machine and
/// on an idle one.
/// </remarks>
/// <param name="most">Maximum number of steps; a step takes a few nanoseconds.</param>
/// <param name="exceeded">Creates the exception for work that exceeds the limit.</param>
/// <param name="charge">
/// Called at intervals with the number of steps since the last call; null for no call. Steps after the last call are
/// not charged.
/// </param>
/// <param name="ct">Cancels the work.</param>
public sealed class Effort(long most, Func<Exception> exceeded, Action<long>? charge, CancellationToken ct)
{
    const int StepsBetweenLooks = 65_536;

    long spent;
    long charged;
    long nextLook;

    /// <summary>Counts steps.</summary>
    /// <exception cref="OperationCanceledException">The caller has cancelled.</exception>
    public void Spend(int steps)
    {
        spent += steps;
        if (spent < nextLook)
            return;

        charge?.Invoke(spent - charged);
        charged = spent;
        ct.ThrowIfCancellationRequested();
        if (spent > most)
            throw exceeded();
        nextLook = Math.Min(most + 1, spent + StepsBetweenLooks);
    }
}
