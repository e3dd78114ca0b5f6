using Npgsql;

namespace Journeys.Testing;

/// <summary>Finds sessions that wait for a lock.</summary>
public static class LockWaiters
{
    /// <summary>Counts the sessions of the database that wait for a lock.</summary>
    public static async Task<int> CountWaitersAsync(this NpgsqlDataSource database)
    {
        const string sql = "select count(*)::integer from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

        await using var command = database.CreateCommand(sql);
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
