using Dapper;
using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Short forms for statements inside a transaction.</summary>
public static class Sql
{
    /// <summary>Runs a statement and returns the number of rows that it changed.</summary>
    public static Task<int> ExecuteAsync(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));

    /// <summary>Runs a query for one value.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        await transaction.Connection!.ExecuteScalarAsync<T>(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));

    /// <summary>Runs a query.</summary>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        (await transaction.Connection!.QueryAsync<T>(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct))).AsList();

    /// <summary>Has the rest of the transaction plan each statement for the values at hand.</summary>
    /// <remarks>
    /// A plan that was made and kept while tables were small may read a whole table for each of thousands of ids, until the next autovacuum.
    /// </remarks>
    public static Task PlanAnewAsync(this NpgsqlTransaction transaction, CancellationToken ct) =>
        transaction.ExecuteAsync("set local plan_cache_mode = force_custom_plan", new { }, ct);
}
