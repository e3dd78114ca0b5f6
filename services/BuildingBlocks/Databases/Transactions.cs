using System.Runtime.CompilerServices;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Runs transactions, and repeats them after a deadlock or a serialization failure.</summary>
public static class Transactions
{
    const int Tries = 5;

    static readonly ConditionalWeakTable<NpgsqlDataSource, string> FirstStatements = [];

    /// <summary>Makes every transaction of a data source begin with a statement.</summary>
    internal static void BeginWith(NpgsqlDataSource database, string sql) => FirstStatements.Add(database, sql);

    /// <summary>Begins a transaction with the limits of the settings. The caller ends it.</summary>
    /// <param name="database">The data source.</param>
    /// <param name="connection">A connection of the data source.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<NpgsqlTransaction> BeginAsync(this NpgsqlDataSource database, NpgsqlConnection connection, CancellationToken ct)
    {
        var transaction = await connection.BeginTransactionAsync(ct);
        if (FirstStatements.TryGetValue(database, out var first))
            await transaction.ExecuteAsync(first, null, ct);
        return transaction;
    }

    /// <summary>
    /// Runs the work in a transaction and commits. Repeats it after a deadlock or a serialization failure; at most five
    /// runs.
    /// </summary>
    /// <param name="database">The data source.</param>
    /// <param name="work">
    /// The work. It may run more than once, so it must not do anything outside the transaction.
    /// </param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<T> InTransactionAsync<T>(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<T>> work, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(ct);
                await using var transaction = await database.BeginAsync(connection, ct);
                var result = await WorkAsync(transaction);
                await (Simulated.Commit?.Invoke(transaction, ct) ?? transaction.CommitAsync(ct));
                return result;
            }
            catch (PostgresException exception) when (MayRunAgain(exception) && failures < Tries)
            {
                await Simulated.RestAsync(BackOff.After(failures, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(200)), ct);
            }
        }

        // Dropped while the transaction still holds the connection, so that no other caller gets it.
        async Task<T> WorkAsync(NpgsqlTransaction transaction)
        {
            try
            {
                return await work(transaction);
            }
            catch (PostgresException exception) when (SpoiledConnections.MayLeave(exception))
            {
                SpoiledConnections.Drop(database);
                throw;
            }
        }
    }

    /// <summary>
    /// Does the same for jobs, sweeps and other background tasks, whose statements may run as long as the connection's
    /// command timeout.
    /// </summary>
    public static Task<T> InBackgroundAsync<T>(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<T>> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async transaction =>
            {
                const string sql = "select set_config('statement_timeout', @limit, true)";
                var limit = $"{transaction.Connection!.CommandTimeout}s";
                await transaction.ExecuteAsync(sql, new { limit }, ct);
                return await work(transaction);
            },
            ct);

    /// <inheritdoc cref="InBackgroundAsync{T}"/>
    public static Task InBackgroundAsync(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task> work, CancellationToken ct) =>
        database.InBackgroundAsync(
            async transaction =>
            {
                await work(transaction);
                return true;
            },
            ct);

    /// <inheritdoc cref="InTransactionAsync{T}"/>
    public static Task InTransactionAsync(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async transaction =>
            {
                await work(transaction);
                return true;
            },
            ct);

    /// <summary>
    /// Runs work with a time limit for each statement. Returns false when a statement exceeds it: the work is rolled
    /// back, and the transaction continues.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="limit">The time limit of a statement.</param>
    /// <param name="work">The statements.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="longestWait">
    /// The longest that a statement may wait for a lock, for callers that must not count waiting as running. Null keeps
    /// the present limit.
    /// </param>
    /// <exception cref="PostgresException">A statement waited longer for a lock.</exception>
    public static async Task<(bool InTime, T? Result)> WithinAsync<T>(
        this NpgsqlTransaction transaction, TimeSpan limit, Func<Task<T>> work, CancellationToken ct, TimeSpan? longestWait = null)
    {
        const string savepoint = "limited";
        const string change = "select set_config('statement_timeout', @value, true), set_config('lock_timeout', @wait, true)";
        const string present = "select current_setting('statement_timeout'), current_setting('lock_timeout')";

        await transaction.SaveAsync(savepoint, ct);
        var (before, waitBefore) = await transaction.QuerySingleAsync<(string, string)>(present, new { }, ct);
        try
        {
            var wait = longestWait is { } longest ? $"{longest.TotalMilliseconds}ms" : waitBefore;
            await transaction.ExecuteAsync(change, new { value = $"{limit.TotalMilliseconds}ms", wait }, ct);
            var result = await work();
            await transaction.ExecuteAsync(change, new { value = before, wait = waitBefore }, ct);
            await transaction.ReleaseAsync(savepoint, ct);
            return (true, result);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.QueryCanceled && !ct.IsCancellationRequested)
        {
            await transaction.RollbackAsync(savepoint, ct);
            return (false, default);
        }
    }

    /// <summary>Limits the time of every later statement of the transaction. Never raises the current limit.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="limit">The time limit of a statement.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task LimitAsync(this NpgsqlTransaction transaction, TimeSpan limit, CancellationToken ct) =>
        LowerAsync(transaction, "statement_timeout", limit, ct);

    /// <summary>Limits the time that every later statement of the transaction waits for a lock. Never raises the current limit.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="limit">The time limit of a wait.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task LimitLockWaitsAsync(this NpgsqlTransaction transaction, TimeSpan limit, CancellationToken ct) =>
        LowerAsync(transaction, "lock_timeout", limit, ct);

    // A setting says `15s` or `0`, which intervals understand. The view pg_settings would take a millisecond.
    static async Task LowerAsync(NpgsqlTransaction transaction, string name, TimeSpan limit, CancellationToken ct)
    {
        const string sql = """
            select set_config(@name, least(nullif((extract(epoch from current_setting(@name)::interval) * 1000)::integer, 0), @milliseconds)::text, true)
            """;
        await transaction.ExecuteAsync(sql, new { name, milliseconds = (int)limit.TotalMilliseconds }, ct);
    }

    static bool MayRunAgain(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;
}
