using System.ComponentModel.DataAnnotations;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>The settings under `Postgres`.</summary>
public sealed record PostgresOptions
{
    /// <summary>The Npgsql connection string. Services may share a database; each keeps to its own schema.</summary>
    [Required]
    public string ConnectionString { get; init; } = "";

    /// <summary>The password for both connection strings, as it is: nothing in it needs an escape. Empty when they have their own.</summary>
    public string Password { get; init; } = "";

    /// <summary>The most connections of this process.</summary>
    [Range(2, 1_000)]
    public int MaxPoolSize { get; init; } = 20;

    /// <summary>How long somebody waits for a connection, a new one or a free one of the pool, and for the turn of their site, in seconds.</summary>
    [Range(1, 3_600)]
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>Statements that each connection keeps prepared. A transaction pooler gets none, see <see cref="TransactionPooler"/>.</summary>
    [Range(0, 1_000)]
    public int MaxAutoPrepare { get; init; } = 100;

    /// <summary>
    /// Whether the connection string leads to PgBouncer in transaction mode. Then nothing is prepared and nothing is asked of a session, so
    /// each transaction sets the limits below for itself. Other statements are cancelled by the client.
    /// </summary>
    public bool TransactionPooler { get; init; }

    /// <summary>Where migrations run, past a pooler; <see cref="ConnectionString"/> when empty.</summary>
    public string MigrationConnectionString { get; init; } = "";

    /// <summary>The longest that a statement of a call may run, in seconds. Migrations have no limit.</summary>
    [Range(1, 3_600)]
    public int StatementTimeoutSeconds { get; init; } = 15;

    /// <summary>The longest that a statement of a job, a sweep or another chore may run, in seconds.</summary>
    [Range(1, 3_600)]
    public int BackgroundStatementTimeoutSeconds { get; init; } = 60;

    /// <summary>The longest that a statement waits for a lock, in seconds.</summary>
    [Range(1, 3_600)]
    public int LockTimeoutSeconds { get; init; } = 10;

    /// <summary>How long a transaction may do nothing before PostgreSQL ends its session, in seconds.</summary>
    [Range(1, 3_600)]
    public int IdleInTransactionTimeoutSeconds { get; init; } = 60;

    /// <summary>How long the start waits for a PostgreSQL that does not answer yet, in seconds.</summary>
    [Range(0, 3_600)]
    public int StartTimeoutSeconds { get; init; } = 30;
}
