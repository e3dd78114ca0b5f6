using System.Collections.Concurrent;
using Journeys.EmbeddedPostgres;
using Npgsql;

namespace Journeys.Testing;

/// <summary>
/// A database of its own on the one PostgreSQL of this test process, cloned from a migrated template within
/// milliseconds.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    static readonly Lazy<Task<PostgresServer>> Server = new(StartServerAsync);
    static readonly ConcurrentDictionary<string, Lazy<Task>> Templates = new();
    static int count;

    TestDatabase(string name, string connectionString)
    {
        Name = name;
        ConnectionString = connectionString;
        DataSource = NpgsqlDataSource.Create(connectionString);
    }

    /// <summary>The database's name.</summary>
    public string Name { get; }

    /// <summary>The connection string.</summary>
    public string ConnectionString { get; }

    /// <summary>The data source for connections to it.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>Creates a database.</summary>
    /// <param name="template">The name of the set of schemas, in lower case letters. The first call with a name
    /// migrates the template.</param>
    /// <param name="migrate">Migrates the empty template, given its connection string.</param>
    public static async Task<TestDatabase> CreateAsync(string template, Func<string, Task> migrate)
    {
        await Templates.GetOrAdd(template, name => new(() => CreateTemplateAsync(name, migrate))).Value;

        var database = $"{template}_{Interlocked.Increment(ref count)}";
        await ExecuteAsync($"create database {database} template {template}");
        return new TestDatabase(database, await ConnectionStringAsync(database));
    }

    /// <summary>Creates an empty database, for programs that run their own migrations.</summary>
    public static Task<TestDatabase> CreateEmptyAsync() => CreateAsync("empty", _ => Task.CompletedTask);

    /// <summary>Makes it unreachable, like an outage: breaks its connections and refuses new ones.</summary>
    public async Task TakeAwayAsync()
    {
        await ExecuteAsync($"alter database {Name} with allow_connections false");
        await ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{Name}'");
    }

    /// <summary>Ends the outage.</summary>
    public Task GiveBackAsync() => ExecuteAsync($"alter database {Name} with allow_connections true");

    /// <summary>Drops it, even if it has connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await ExecuteAsync($"drop database {Name} with (force)");
    }

    static async Task CreateTemplateAsync(string name, Func<string, Task> migrate)
    {
        await ExecuteAsync($"create database {name}");
        // Disables pooling, because a template with an open connection cannot be cloned.
        await migrate(await ConnectionStringAsync(name) + ";Pooling=false");
        await NewerRelease.MigrateAsync(name, await ConnectionStringAsync(name) + ";Pooling=false");
    }

    static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(await ConnectionStringAsync("postgres"));
        await connection.OpenAsync();
#pragma warning disable CA2100 // Names of databases cannot be parameters; these are made above.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    static async Task<string> ConnectionStringAsync(string database) =>
        new NpgsqlConnectionStringBuilder((await Server.Value).ConnectionString) { Database = database, IncludeErrorDetail = true }.ConnectionString;

    // Never stopped explicitly; it ends with this process.
    static Task<PostgresServer> StartServerAsync() => PostgresServer.StartAsync(TestFolder.Create("postgres"), new PostgresServerOptions
    {
        Fsync = false,
        Settings = new Dictionary<string, string> { ["max_connections"] = "400", ["max_wal_size"] = "4GB", ["autovacuum_naptime"] = "10s" },
    });
}
