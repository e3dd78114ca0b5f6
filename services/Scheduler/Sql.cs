using Dapper;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Short forms for statements inside a transaction.</summary>
public static class Sql
{
    /// <summary>Runs a statement and gives the number of rows it changed.</summary>
    public static Task<int> ExecuteAsync(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));

    /// <summary>Runs a query.</summary>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        (await transaction.Connection!.QueryAsync<T>(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct))).AsList();
}
