using Dapper;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Shorthands for statements, within a transaction or on a separate connection.</summary>
public static class Sql
{
    /// <summary>Runs a statement and returns the number of rows that it changed.</summary>
    public static Task<int> ExecuteAsync(this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken ct) =>
        transaction.Connection!.ExecuteAsync(Command(sql, parameters, transaction, ct));

    /// <inheritdoc cref="ExecuteAsync(NpgsqlTransaction, string, object, CancellationToken)"/>
    public static Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken ct) =>
        AnsweredAsync(sql, connection.ExecuteAsync(Command(sql, parameters, null, ct)));

    /// <summary>Runs a statement on a connection of its own and returns the number of rows that it changed.</summary>
    public static async Task<int> ExecuteAsync(this NpgsqlDataSource source, string sql, object? parameters, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>Runs a query for one value.</summary>
    public static Task<T?> ScalarAsync<T>(this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken ct) =>
        transaction.Connection!.ExecuteScalarAsync<T>(Command(sql, parameters, transaction, ct));

    /// <inheritdoc cref="ScalarAsync{T}(NpgsqlTransaction, string, object, CancellationToken)"/>
    public static Task<T?> ScalarAsync<T>(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken ct) =>
        AnsweredAsync(sql, connection.ExecuteScalarAsync<T>(Command(sql, parameters, null, ct)));

    /// <summary>Runs a query for one value on a connection of its own.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlDataSource source, string sql, object? parameters, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<T>(sql, parameters, ct);
    }

    /// <summary>Runs a query.</summary>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken ct) =>
        (await transaction.Connection!.QueryAsync<T>(Command(sql, parameters, transaction, ct))).AsList();

    /// <inheritdoc cref="QueryAsync{T}(NpgsqlTransaction, string, object, CancellationToken)"/>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken ct) =>
        (await AnsweredAsync(sql, connection.QueryAsync<T>(Command(sql, parameters, null, ct)))).AsList();

    /// <summary>Runs a query on a new connection for rows that are several objects each.</summary>
    /// <param name="source">The data source.</param>
    /// <param name="sql">The query.</param>
    /// <param name="splitOn">The first columns of the second and third objects. The third is null if its first column is.</param>
    /// <param name="parameters">The parameters.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<IReadOnlyList<(T1 First, T2 Second, T3? Third)>> QueryJoinedAsync<T1, T2, T3>(
        this NpgsqlDataSource source, string sql, string splitOn, object? parameters, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var rows = connection.QueryAsync<T1, T2, T3?, (T1, T2, T3?)>(
            Command(sql, parameters, null, ct), (first, second, third) => (first, second, third), splitOn);
        return (await AnsweredAsync(sql, rows)).AsList();
    }

    /// <summary>Runs a query on a new connection.</summary>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(this NpgsqlDataSource source, string sql, object? parameters, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<T>(sql, parameters, ct);
    }

    /// <summary>Runs a query for the rows of a page and one for their total, in one round trip on a connection of its own.</summary>
    public static async Task<(IReadOnlyList<T> Rows, int Total)> QueryPageAsync<T>(
        this NpgsqlDataSource source, string sql, object? parameters, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var answers = await connection.QueryMultipleAsync(sql, parameters, ct);
        return ((await answers.ReadAsync<T>()).AsList(), await answers.ReadSingleAsync<int>());
    }

    /// <summary>Runs several queries in one round trip.</summary>
    public static Task<SqlMapper.GridReader> QueryMultipleAsync(this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken ct) =>
        transaction.Connection!.QueryMultipleAsync(Command(sql, parameters, transaction, ct));

    /// <inheritdoc cref="QueryMultipleAsync(NpgsqlTransaction, string, object, CancellationToken)"/>
    public static Task<SqlMapper.GridReader> QueryMultipleAsync(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken ct) =>
        AnsweredAsync(sql, connection.QueryMultipleAsync(Command(sql, parameters, null, ct)));

    /// <summary>Runs a query for exactly one row.</summary>
    public static Task<T> QuerySingleAsync<T>(this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken ct) =>
        transaction.Connection!.QuerySingleAsync<T>(Command(sql, parameters, transaction, ct));

    /// <inheritdoc cref="QuerySingleAsync{T}(NpgsqlTransaction, string, object, CancellationToken)"/>
    public static Task<T> QuerySingleAsync<T>(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken ct) =>
        AnsweredAsync(sql, connection.QuerySingleAsync<T>(Command(sql, parameters, null, ct)));

    /// <summary>Runs a query for one row; null when there is none.</summary>
    public static Task<T?> QuerySingleOrDefaultAsync<T>(this NpgsqlTransaction transaction, string sql, object? parameters, CancellationToken ct) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, transaction, ct));

    /// <inheritdoc cref="QuerySingleOrDefaultAsync{T}(NpgsqlTransaction, string, object, CancellationToken)"/>
    public static Task<T?> QuerySingleOrDefaultAsync<T>(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken ct) =>
        AnsweredAsync(sql, connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, null, ct)));

    /// <summary>Makes PostgreSQL plan each later statement of the transaction for its actual values.</summary>
    /// <remarks>
    /// A plan that was cached while tables were small may read a whole table for each of thousands of ids, until the
    /// next autovacuum.
    /// </remarks>
    public static Task PlanAnewAsync(this NpgsqlTransaction transaction, CancellationToken ct) =>
        transaction.ExecuteAsync("set local plan_cache_mode = force_custom_plan", new { }, ct);

    static Task<T> AnsweredAsync<T>(string sql, Task<T> statement) =>
        Simulated.AtAnswer is { } atAnswer ? SimulatedAsync(atAnswer, sql, statement) : statement;

    static async Task<T> SimulatedAsync<T>(Action<string> atAnswer, string sql, Task<T> statement)
    {
        var answer = await statement;
        atAnswer(sql);
        return answer;
    }

    static CommandDefinition Command(string sql, object? parameters, NpgsqlTransaction? transaction, CancellationToken ct) =>
        new(sql, parameters, transaction, cancellationToken: ct);
}
