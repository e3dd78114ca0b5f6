using Microsoft.Extensions.Logging;

namespace Journeys.Enrollments.Tests;

/// <summary>Keeps what a part logs.</summary>
sealed class Lines<T> : ILogger<T>
{
    public List<string> All { get; } = [];

    public List<Exception> Failures { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        All.Add(formatter(state, exception));
        if (exception is not null)
            Failures.Add(exception);
    }
}
