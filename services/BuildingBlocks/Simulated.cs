using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Hooks by which a simulation replaces randomness, failures and short delays. Production code never sets them.</summary>
public static class Simulated
{
    /// <summary>Makes the ids of new rows and messages.</summary>
    public static Func<Guid>? FreshId { get; set; }

    /// <summary>Returns numbers from 0 to below 1, for jitter.</summary>
    public static Func<double>? Chance { get; set; }

    /// <summary>Told of every <see cref="CrashPoint"/>; throws to crash there, and blocks to freeze there.</summary>
    public static Action<CrashPoint>? AtCrashPoint { get; set; }

    /// <summary>Commits, or not, and lets the answer through, or not.</summary>
    public static Func<NpgsqlTransaction, CancellationToken, Task>? Commit { get; set; }

    /// <summary>Rests within one piece of work. In a simulation that takes no time, since nothing else happens meanwhile.</summary>
    public static Task RestAsync(TimeSpan rest, CancellationToken ct, TimeProvider? time = null) =>
        AtCrashPoint is null ? Task.Delay(rest, time ?? TimeProvider.System, ct) : Task.CompletedTask;
}
