namespace Journeys.Testing;

/// <summary>Waits for what happens in the background. The only place in the tests where time passes by waiting.</summary>
public static class Eventually
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Asks until the answer is true. A question that throws counts as not yet true.</summary>
    /// <param name="condition">The question.</param>
    /// <param name="what">What should become true, as the end of the sentence "Waited 120 s in vain for ...".</param>
    /// <param name="timeout">How long to wait; two minutes by default, since a machine may be busy with something else.</param>
    /// <exception cref="TimeoutException">It stayed false; what the question threw last is the inner exception.</exception>
    public static Task True(Func<Task<bool>> condition, string what, TimeSpan? timeout = null) =>
        AskAsync(condition, answer => answer, what, timeout);

    /// <summary>Asks until the answer is the expected one.</summary>
    /// <exception cref="TimeoutException">It was not in time; the message has the last answer.</exception>
    public static Task Equal<T>(T expected, Func<Task<T>> actual, string what, TimeSpan? timeout = null) =>
        AskAsync(actual, answer => EqualityComparer<T>.Default.Equals(answer, expected), $"{what} to be {expected}", timeout);

    /// <summary>Asks until there is an answer, and gives it.</summary>
    /// <exception cref="TimeoutException">There was none in time.</exception>
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
