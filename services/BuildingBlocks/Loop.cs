using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Journeys.BuildingBlocks;

/// <summary>A background task that a <see cref="Loop{TChore}"/> runs repeatedly.</summary>
public interface IChore
{
    /// <summary>Does the work that is due now.</summary>
    /// <returns>How long to rest before the next run; zero when more work is due.</returns>
    Task<TimeSpan> RunOnceAsync(CancellationToken ct);
}

/// <summary>Ends the rest of a chore early. Inject it where work for that chore is created.</summary>
public sealed class Wake<TChore>
{
    readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Wakes the chore now, or ends its next rest at once.</summary>
    public void Set() => bell.Writer.TryWrite(true);

    internal async Task RestAsync(TimeSpan rest, TimeProvider time, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        // Reading consumes the signal, so each signal wakes one lane.
        var rung = bell.Reader.ReadAsync(over.Token).AsTask();
        var rested = Task.Delay(rest, time, over.Token);
        await Task.WhenAny(rung, rested);
        await over.CancelAsync();
    }
}

/// <summary>
/// Runs a chore until the host stops: rests as the chore returns, wakes on a signal, backs off after a failure, and
/// never ends because of an exception.
/// </summary>
/// <param name="lanes">How many runs of the chore may be in progress at once.</param>
public sealed class Loop<TChore>(TChore chore, Wake<TChore> wake, TimeProvider time, ILogger<TChore> logger, int lanes) : BackgroundService
    where TChore : IChore
{
    static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => RunAsync(stoppingToken)));

    async Task RunAsync(CancellationToken ct)
    {
        // The host must not wait for the first run.
        await Task.Yield();
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            var rest = TimeSpan.Zero;
            try
            {
                rest = await chore.RunOnceAsync(ct);
                failures = 0;
            }
            // A cancelled call can throw any exception.
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                failures++;
                rest = BackOff.After(failures, TimeSpan.FromMilliseconds(100), LongestBackOff);
                logger.LogError(exception, "{Chore} failed {Failures} times in a row, next try in {Rest}", typeof(TChore).Name, failures, rest);
            }

            if (rest > TimeSpan.Zero)
                await wake.RestAsync(BackOff.Jittered(rest), time, ct);
        }
    }
}

/// <summary>Computes the delay before the next attempt.</summary>
public static class BackOff
{
    /// <summary>
    /// Doubles the delay with each failure (1, 2, 3...) from `first` up to `longest`, and shortens it by up to a tenth.
    /// </summary>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan longest) =>
        Jittered(TimeSpan.FromTicks(Math.Min(longest.Ticks, first.Ticks << Math.Clamp(failures - 1, 0, 20))));

    /// <summary>Shortens a delay by up to a tenth, so that replicas do not run in step and no run is late.</summary>
    public static TimeSpan Jittered(TimeSpan rest) => rest * (1 - ((Simulated.Chance?.Invoke() ?? Random.Shared.NextDouble()) / 10));
}

/// <summary>Registers chores.</summary>
public static class LoopExtensions
{
    /// <summary>
    /// Runs a chore in the background, in a number of parallel lanes. Wake it through <see cref="Wake{TChore}"/>.
    /// </summary>
    public static IServiceCollection AddLoop<TChore>(this IServiceCollection services, int lanes = 1)
        where TChore : class, IChore
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TChore>();
        services.TryAddSingleton<Wake<TChore>>();
        return services.AddHostedService(provider => ActivatorUtilities.CreateInstance<Loop<TChore>>(provider, lanes));
    }
}
