using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Passes columns of many rows as arrays, for `unnest`.</summary>
public static class Bulk
{
    /// <summary>Returns one column as an array parameter.</summary>
    public static NpgsqlParameter Column<TRow, TValue>(string name, IReadOnlyCollection<TRow> rows, Func<TRow, TValue> value) =>
        new NpgsqlParameter<TValue[]>(name, [.. rows.Select(value)]);
}
