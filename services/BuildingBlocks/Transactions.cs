using Dapper;
using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Transactions that try again when PostgreSQL asks for it.</summary>
public static class Transactions
{
    const int Tries = 5;

    /// <summary>Runs the work in a transaction and commits. A deadlock victim or a serialization failure runs again, five times at most.</summary>
    /// <param name="database">Where.</param>
    /// <param name="work">May run more than once, so it must not do anything outside the transaction.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<T> InTransactionAsync<T>(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<T>> work, CancellationToken ct)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(ct);
                await using var transaction = await connection.BeginTransactionAsync(ct);
                var result = await WorkAsync(transaction);
                await transaction.CommitAsync(ct);
                return result;
            }
            catch (PostgresException exception) when (MayRunAgain(exception) && failures < Tries)
            {
                await Task.Delay(BackOff.After(failures, TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(200)), ct);
            }
        }

        // Said while the connection is still ours, so that nobody else gets it.
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

    /// <summary>The same for jobs, sweeps and other chores, whose statements may run longer: as long as the connection's command time-out.</summary>
    public static Task<T> InBackgroundAsync<T>(this NpgsqlDataSource database, Func<NpgsqlTransaction, Task<T>> work, CancellationToken ct) =>
        database.InTransactionAsync(
            async transaction =>
            {
                const string sql = "select set_config('statement_timeout', @limit, true)";
                var limit = $"{transaction.Connection!.CommandTimeout}s";
                await transaction.Connection.ExecuteAsync(new CommandDefinition(sql, new { limit }, transaction, cancellationToken: ct));
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

    static bool MayRunAgain(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;
}
