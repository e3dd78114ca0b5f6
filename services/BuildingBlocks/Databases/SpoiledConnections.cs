using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Keeps connections out of the pool on which a statement failed in a way that may break the next use of it.</summary>
/// <remarks>
/// Npgsql prepares what is asked for often, and takes a statement for prepared as soon as it was parsed. When the values of that very call are
/// then refused, it does not know which columns the statement gives: the next call with it on this connection gets no rows, or fails with
/// "Received unexpected backend message DataRow" (github.com/npgsql/npgsql/issues/6391).
/// </remarks>
public static class SpoiledConnections
{
    /// <summary>Whether values or a statement were refused, rather than what they would have done.</summary>
    public static bool MayLeave(Exception exception) =>
        exception is PostgresException { SqlState: var state }
        // A constraint, a conflict, a lock, want of resources, an operator: all of these come when the statement runs.
        && state.Length == 5 && state[..2] is not ("23" or "40" or "53" or "55" or "57");

    /// <summary>Closes what rests in the pool now, and what is in use when it comes back.</summary>
    public static void Drop(NpgsqlDataSource source) => source.Clear();
}
