using Dapper;
using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Short forms for statements inside a transaction.</summary>
public static class Sql
{
    /// <summary>Runs a statement and gives the number of rows it changed.</summary>
    public static Task<int> ExecuteAsync(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));

    /// <summary>Runs a query for one value.</summary>
    public static async Task<T?> ScalarAsync<T>(this NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        await transaction.Connection!.ExecuteScalarAsync<T>(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));
}
