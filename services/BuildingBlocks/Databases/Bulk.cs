using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Columns of many rows as arrays, for `unnest`.</summary>
public static class Bulk
{
    /// <summary>One column.</summary>
    public static NpgsqlParameter Column<TRow, TValue>(string name, IReadOnlyCollection<TRow> rows, Func<TRow, TValue> value) =>
        new NpgsqlParameter<TValue[]>(name, [.. rows.Select(value)]);
}
