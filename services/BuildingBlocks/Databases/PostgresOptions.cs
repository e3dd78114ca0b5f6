using System.ComponentModel.DataAnnotations;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>The settings under `Postgres`.</summary>
public sealed record PostgresOptions
{
    /// <summary>
    /// The Npgsql connection string. Services can share a database, because each uses its own schema.
    /// </summary>
    [Required]
    public string ConnectionString { get; init; } = "";

    /// <summary>
    /// The password for both connection strings, without escapes. Empty when the connection strings contain it.
    /// </summary>
    public string Password { get; init; } = "";

    /// <summary>Maximum number of connections of this process.</summary>
    [Range(2, 1_000)]
    public int MaxPoolSize { get; init; } = 20;

    /// <summary>
    /// How long a caller waits for a connection, new or from the pool, and for the turn of its site, in seconds.
    /// </summary>
    [Range(1, 3_600)]
    public int ConnectTimeoutSeconds { get; init; } = 5;

    /// <summary>
    /// Number of statements that each connection keeps prepared. None with a <see cref="TransactionPooler"/>.
    /// </summary>
    [Range(0, 1_000)]
    public int MaxAutoPrepare { get; init; } = 100;

    /// <summary>
    /// Whether the connection string leads to PgBouncer in transaction mode. Then no statement is prepared and no
    /// session setting is used, so each transaction sets the limits below itself. The client cancels statements outside
    /// a transaction.
    /// </summary>
    public bool TransactionPooler { get; init; }

    /// <summary>
    /// The connection string for migrations, which bypasses a pooler; <see cref="ConnectionString"/> when empty.
    /// </summary>
    public string MigrationConnectionString { get; init; } = "";

    /// <summary>Time limit of a statement in a call, in seconds. Migrations have no limit.</summary>
    [Range(1, 3_600)]
    public int StatementTimeoutSeconds { get; init; } = 15;

    /// <summary>Time limit of a statement in a job, a sweep or another background task, in seconds.</summary>
    [Range(1, 3_600)]
    public int BackgroundStatementTimeoutSeconds { get; init; } = 60;

    /// <summary>Lock timeout of a statement, in seconds.</summary>
    [Range(1, 3_600)]
    public int LockTimeoutSeconds { get; init; } = 10;

    /// <summary>How long a transaction may be idle before PostgreSQL ends its session, in seconds.</summary>
    [Range(1, 3_600)]
    public int IdleInTransactionTimeoutSeconds { get; init; } = 60;

    /// <summary>How long the start waits for PostgreSQL to answer, in seconds.</summary>
    [Range(0, 3_600)]
    public int StartTimeoutSeconds { get; init; } = 30;
}
