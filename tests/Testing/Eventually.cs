namespace Journeys.Testing;

/// <summary>Waits for background work. The only place in the tests that waits for time to pass.</summary>
public static class Eventually
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Evaluates a condition until it is true. A condition that throws counts as not yet true.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What should become true, as the end of the sentence "Waited 120 s in vain for ...".</param>
    /// <param name="timeout">The timeout; two minutes by default, because the machine may be busy.</param>
    /// <exception cref="TimeoutException">The condition stayed false. Its last exception is the inner
    /// exception.</exception>
    public static Task True(Func<Task<bool>> condition, string what, TimeSpan? timeout = null) =>
        AskAsync(condition, answer => answer, what, timeout);

    /// <summary>Evaluates a function until it returns the expected value.</summary>
    /// <exception cref="TimeoutException">It did not return it in time. The message has the last value.</exception>
    public static Task Equal<T>(T expected, Func<Task<T>> actual, string what, TimeSpan? timeout = null) =>
        AskAsync(actual, answer => EqualityComparer<T>.Default.Equals(answer, expected), $"{what} to be {expected}", timeout);

    /// <summary>Evaluates a function until it returns a value, and returns that.</summary>
    /// <exception cref="TimeoutException">It returned none in time.</exception>
    public static async Task<T> Some<T>(Func<Task<T?>> question, string what, TimeSpan? timeout = null)
        where T : class =>
        (await AskAsync(question, answer => answer is not null, what, timeout))!;

    static async Task<T> AskAsync<T>(Func<Task<T>> question, Func<T, bool> isEnough, string what, TimeSpan? timeout)
    {
        var patience = timeout ?? Patience;
        using var timer = new PeriodicTimer(Interval);
        for (var start = TimeProvider.System.GetTimestamp(); ; await timer.WaitForNextTickAsync())
        {
            var (answer, problem) = await TryAsync(question);
            if (problem is null && isEnough(answer!))
                return answer!;
            if (TimeProvider.System.GetElapsedTime(start) > patience)
                throw new TimeoutException($"Waited {patience.TotalSeconds:0.#} s in vain for {what}; {Last(answer, problem)}.", problem);
        }
    }

    static string Last<T>(T? answer, Exception? problem) =>
        problem is null ? $"it was {answer?.ToString() ?? "nothing"}" : $"asking failed: {problem.Message}";

    static async Task<(T? Answer, Exception? Problem)> TryAsync<T>(Func<Task<T>> question)
    {
        try
        {
            return (await question(), null);
        }
#pragma warning disable CA1031 // A server that is being restarted fails in many ways; the last one is reported if it does not come back.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            return (default, problem);
        }
    }
}
