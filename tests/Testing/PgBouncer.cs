using Journeys.EmbeddedPostgres;
using Npgsql;

namespace Journeys.Testing;

/// <summary>
/// A real PgBouncer in transaction mode in front of a test's database, from the system's package `pgbouncer`.
/// </summary>
public sealed class PgBouncer : IAsyncDisposable
{
    const string Program = "/usr/sbin/pgbouncer";

    readonly ChildProcess process;

    PgBouncer(ChildProcess process, string connectionString)
    {
        this.process = process;
        ConnectionString = connectionString;
    }

    /// <summary>The connection string through PgBouncer.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts PgBouncer.</summary>
    /// <param name="database">The connection string of the database itself.</param>
    /// <param name="poolSize">The number of sessions that it keeps with PostgreSQL.</param>
    /// <exception cref="InvalidOperationException">The package is missing.</exception>
    public static async Task<PgBouncer> StartAsync(string database, int poolSize)
    {
        if (!File.Exists(Program))
            throw new InvalidOperationException("PgBouncer is missing: install the package pgbouncer.");

        var behind = new NpgsqlConnectionStringBuilder(database);
        var port = FreePort.Next();
        var settings = Path.Combine(TestFolder.Create("pgbouncer"), "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            {behind.Database} = host={behind.Host} port={behind.Port} user={behind.Username} password={behind.Password}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {poolSize}
            max_client_conn = 500

            """);

        // Runs as nobody, because PgBouncer refuses to run as root.
        var process = Environment.IsPrivilegedProcess
            ? ChildProcess.Start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--", Program, settings])
            : ChildProcess.Start(Program, [settings]);
        await process.WaitForLineAsync("process up", TimeSpan.FromMinutes(2));
        var through = new NpgsqlConnectionStringBuilder(database) { Host = "127.0.0.1", Port = port };
        return new PgBouncer(process, through.ConnectionString);
    }

    /// <summary>Stops PgBouncer.</summary>
    public ValueTask DisposeAsync() => process.DisposeAsync();
}
