namespace Journeys.Engine;

/// <summary>Bounds the work of one person's rules, and ends it when the caller has gone.</summary>
/// <remarks>Counts steps in place of time: the same rules and the same person fare alike on a busy machine and on an idle one.</remarks>
/// <param name="most">The most steps; a step takes a few nanoseconds.</param>
/// <param name="exceeded">Makes the exception that ends what takes more.</param>
/// <param name="charge">Called now and then with the number of steps since the last call, if anybody wants to know. The few after the last call are not charged.</param>
/// <param name="ct">Ends the work.</param>
public sealed class Effort(long most, Func<Exception> exceeded, Action<long>? charge, CancellationToken ct)
{
    const int StepsBetweenLooks = 65_536;

    long spent;
    long charged;
    long nextLook;

    /// <summary>Counts steps.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
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
