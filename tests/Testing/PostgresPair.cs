using Journeys.EmbeddedPostgres;
using Npgsql;

namespace Journeys.Testing;

/// <summary>
/// A PostgreSQL server and its synchronous standby: a commit is acknowledged when both have it on disk.
/// </summary>
public sealed class PostgresPair : IAsyncDisposable
{
    const string Database = "journeys";

    static readonly Dictionary<string, string> Settings = new()
    {
        ["max_connections"] = "200",
        // Continues replication quickly after a restart; it does not change what is guaranteed.
        ["wal_retrieve_retry_interval"] = "200ms",
    };

    readonly PostgresServer primary;
    readonly PostgresServer standby;

    PostgresPair(PostgresServer primary, PostgresServer standby)
    {
        this.primary = primary;
        this.standby = standby;
    }

    /// <summary>The connection string of whichever server accepts writes.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(standby.ConnectionString)
    {
        Host = $"127.0.0.1:{primary.Port},127.0.0.1:{standby.Port}",
        Database = Database,
        TargetSessionAttributes = "read-write",
    }.ConnectionString;

    /// <summary>Starts both servers.</summary>
    public static async Task<PostgresPair> StartAsync()
    {
        var (first, second) = (TestFolder.Create("primary"), TestFolder.Create("standby"));
        var primary = await PostgresServer.StartAsync(first, new PostgresServerOptions { Settings = Settings });
        await ExecuteAsync(primary, $"create database {Database}");

        // The npm package has no pg_basebackup. A copy of a stopped server's files works as well, and keeps owner and
        // permissions.
        await primary.StopAsync();
        await Tool.RunAsync(first, "cp", "--archive", "cluster", "password", second);
        await File.WriteAllTextAsync(Path.Combine(second, "cluster", "standby.signal"), "");
        await primary.StartAgainAsync();
        var from = new NpgsqlConnectionStringBuilder(primary.ConnectionString);
        var standby = await PostgresServer.StartAsync(second, new PostgresServerOptions
        {
            Settings = new Dictionary<string, string>(Settings)
            {
                ["primary_conninfo"] = $"host=127.0.0.1 port={primary.Port} user={from.Username} password={from.Password} application_name=standby",
            },
        });

        // Set on the primary only, because a promoted standby has no standby and must not wait for one.
        await ExecuteAsync(primary, "alter system set synchronous_standby_names = 'standby'");
        await ExecuteAsync(primary, "select pg_reload_conf()");
        var pair = new PostgresPair(primary, standby);
        await pair.UntilInSyncAsync();
        return pair;
    }

    /// <summary>Waits until the standby has all acknowledged commits. Without them it must not be promoted.</summary>
    public Task UntilInSyncAsync() => Eventually.Equal(
        "sync", async () => (string?)await ExecuteAsync(primary, "select max(sync_state) from pg_stat_replication"), "the state of the standby");

    /// <summary>Kills the primary with SIGKILL.</summary>
    public Task KillPrimaryAsync() => primary.KillAsync();

    /// <summary>Kills the standby with SIGKILL.</summary>
    public Task KillStandbyAsync() => standby.KillAsync();

    /// <summary>Starts the standby again.</summary>
    public Task StartStandbyAgainAsync() => standby.StartAgainAsync();

    /// <summary>Promotes the standby, as an operator or a cluster manager does.</summary>
    public Task PromoteAsync() => ExecuteAsync(standby, "select pg_promote()");

    /// <summary>Stops both servers.</summary>
    public async ValueTask DisposeAsync()
    {
        await primary.KillAsync();
        await standby.KillAsync();
    }

    static async Task<object?> ExecuteAsync(PostgresServer server, string sql)
    {
        await using var connection = new NpgsqlConnection($"{server.ConnectionString};Pooling=false");
        await connection.OpenAsync();
#pragma warning disable CA2100 // Statements of this class.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }
}
