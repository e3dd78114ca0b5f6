namespace Journeys.Testing.Clients;

/// <summary>Limits the number of calls per second of all callers together.</summary>
public sealed class Pace : IDisposable
{
    const int TicksPerSecond = 50;

    readonly SemaphoreSlim places = new(0);
    readonly PeriodicTimer timer = new(TimeSpan.FromSeconds(1.0 / TicksPerSecond));

    public Pace(int callsPerSecond) => _ = RunAsync((double)callsPerSecond / TicksPerSecond);

    public Task WaitAsync(CancellationToken ct) => places.WaitAsync(ct);

    public void Dispose() => timer.Dispose();

    async Task RunAsync(double callsPerTick)
    {
        for (var due = 0.0; await timer.WaitForNextTickAsync(); due -= Math.Floor(due))
        {
            due += callsPerTick;
            // Saves up unused calls for at most a second.
            if (due >= 1 && places.CurrentCount < callsPerTick * TicksPerSecond)
                places.Release((int)due);
        }
    }
}
