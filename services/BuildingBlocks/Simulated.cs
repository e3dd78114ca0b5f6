using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>
/// Hooks through which a simulation replaces randomness, failures and short delays. Production code never sets them.
/// </summary>
public static class Simulated
{
    /// <summary>Makes the ids of new rows and messages.</summary>
    public static Func<Guid>? FreshId { get; set; }

    /// <summary>Returns random numbers from 0 (inclusive) to 1 (exclusive), for jitter.</summary>
    public static Func<double>? Chance { get; set; }

    /// <summary>
    /// Called at every <see cref="CrashPoint"/>: throws to simulate a crash, and blocks to simulate a freeze.
    /// </summary>
    public static Action<CrashPoint>? AtCrashPoint { get; set; }

    /// <summary>Decides whether the transaction commits, and whether the caller gets the answer.</summary>
    public static Func<NpgsqlTransaction, CancellationToken, Task>? Commit { get; set; }

    /// <summary>
    /// Called after a statement outside a transaction, with its SQL: throws to simulate that its answer is lost.
    /// </summary>
    public static Action<string>? AtAnswer { get; set; }

    /// <summary>
    /// Waits within one unit of work. Returns at once in a simulation, because nothing else happens meanwhile.
    /// </summary>
    public static Task RestAsync(TimeSpan rest, CancellationToken ct, TimeProvider? time = null) =>
        AtCrashPoint is null ? Task.Delay(rest, time ?? TimeProvider.System, ct) : Task.CompletedTask;
}
