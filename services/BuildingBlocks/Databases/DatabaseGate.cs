using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Holds back all consumers of a service while its database is unavailable.</summary>
/// <remarks>
/// One probe decides for all consumers, so an outage costs one small statement at a time, and no message is handled in
/// vain.
/// </remarks>
public sealed class DatabaseGate(NpgsqlDataSource database, IHostApplicationLifetime host, ILogger<DatabaseGate> logger)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    readonly Lock guard = new();
    Task<bool> probing = Task.FromResult(true);
    Task opening = Task.CompletedTask;

    /// <summary>Whether messages may be handled now.</summary>
    public bool IsOpen => opening.IsCompleted;

    /// <summary>Waits until the gate is open; returns at once while the database is available.</summary>
    public Task WaitAsync(CancellationToken ct) => opening.WaitAsync(ct);

    /// <summary>
    /// Probes the database after a failure, once for all concurrent callers, and closes the gate if there is no answer.
    /// </summary>
    /// <returns>Whether the database answers.</returns>
    public Task<bool> CheckAsync()
    {
        lock (guard)
        {
            if (!opening.IsCompleted)
                return Task.FromResult(false);
            if (probing.IsCompleted)
                probing = ProbeOrCloseAsync();
            return probing;
        }
    }

    async Task<bool> ProbeOrCloseAsync()
    {
        await Task.Yield();
        var problem = await ProbeAsync();
        if (problem is null)
            return true;

        logger.LogWarning("The database does not answer ({Problem}). Messages wait until it does", problem.Message);
        lock (guard)
            opening = OpenAgainAsync();
        return false;
    }

    async Task OpenAgainAsync()
    {
        var closedAt = Stopwatch.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            await Task.Delay(BackOff.After(failures, FirstRest, LongestRest), host.ApplicationStopping);
            if (await ProbeAsync() is null)
                break;
        }

        logger.LogInformation("The database answers again after {Time}. Messages are handled again", Stopwatch.GetElapsedTime(closedAt));
    }

    // A standby counts as unavailable, because it is read-only.
    async Task<Exception?> ProbeAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(host.ApplicationStopping);
        limit.CancelAfter(Patience);
        try
        {
            await using var command = database.CreateCommand("select pg_is_in_recovery()");
            return await command.ExecuteScalarAsync(limit.Token) is true ? new InvalidOperationException("it is a standby") : null;
        }
        catch (Exception exception) when (!host.ApplicationStopping.IsCancellationRequested)
        {
            return exception;
        }
    }
}
