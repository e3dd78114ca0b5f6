namespace Journeys.Chaos.Deployments;

/// <summary>Keeps what a program writes, through all its starts.</summary>
sealed class LogFile(string folder, string name) : IDisposable
{
    readonly StreamWriter writer = new(Path.Combine(folder, $"{name}.log")) { AutoFlush = true };

    /// <summary>Adds a line, with the time at which it came.</summary>
    public void Write(string line)
    {
        lock (writer)
            writer.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {line}");
    }

    public void Dispose()
    {
        lock (writer)
            writer.Dispose();
    }
}
