using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Keeps connections out of the pool when a failed statement may break their next use.</summary>
/// <remarks>
/// Npgsql prepares frequent statements, and considers a statement prepared as soon as it was parsed. When the values of
/// that same call are then refused, Npgsql does not know the columns of the result: the next call of the statement on
/// this connection gets no rows, or fails with "Received unexpected backend message DataRow"
/// (github.com/npgsql/npgsql/issues/6391).
/// </remarks>
public static class SpoiledConnections
{
    /// <summary>Returns whether PostgreSQL refused the statement or its values before the statement ran.</summary>
    public static bool MayLeave(Exception exception) =>
        exception is PostgresException { SqlState: var state }
        // Constraints, conflicts, locks, lack of resources and operator intervention fail a statement only while it runs.
        && state.Length == 5 && state[..2] is not ("23" or "40" or "53" or "55" or "57");

    /// <summary>Closes idle connections now, and connections in use when they are returned.</summary>
    public static void Drop(NpgsqlDataSource source) => source.Clear();
}
