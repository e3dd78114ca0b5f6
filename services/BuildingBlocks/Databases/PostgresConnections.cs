using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Opens connections with the limits of the settings.</summary>
public static class PostgresConnections
{
    const int HostRecheckSeconds = 5;

    /// <summary>Returns the connection string with the <see cref="PostgresOptions.Password"/>, if it is set.</summary>
    public static string WithPassword(this PostgresOptions options, string connectionString) =>
        options.Password.Length == 0
            ? connectionString
            : new NpgsqlConnectionStringBuilder(connectionString) { Password = options.Password }.ConnectionString;

    /// <summary>Opens a pool of connections with the limits of the settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="applicationName">The name under which PostgreSQL lists the connections.</param>
    /// <param name="connections">The maximum number of connections; null for the number in the settings.</param>
    public static NpgsqlDataSource Open(this PostgresOptions options, string applicationName, int? connections = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.WithPassword(options.ConnectionString))
        {
            ApplicationName = applicationName,
            MaxPoolSize = connections ?? options.MaxPoolSize,
            Timeout = options.ConnectTimeoutSeconds,
            MaxAutoPrepare = options.TransactionPooler ? 0 : options.MaxAutoPrepare,
            // No code changes session settings, and resetting a session costs PostgreSQL as much as a small statement.
            NoResetOnClose = true,
            // The client cancels slower statements, which also works where the session cannot be configured. Background
            // work relies on this limit.
            CommandTimeout = options.BackgroundStatementTimeoutSeconds,
            // With several hosts, a host that was away or a standby can become the primary, so hosts are checked again.
            // A host that does not respond costs a whole connect timeout, so they are not checked for every connection.
            HostRecheckSeconds = HostRecheckSeconds,
        };
        // The options of the connection string itself come last, so they take precedence.
        if (!options.TransactionPooler)
            settings.Options = $"{string.Join(' ', Limits(options).Select(limit => $"-c {limit.Name}={limit.Value}"))} {settings.Options}".Trim();
        var source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
        if (options.TransactionPooler)
            Transactions.BeginWith(source, string.Join("; ", Limits(options).Select(limit => $"set local {limit.Name} = '{limit.Value}'")));
        return source;
    }

    static (string Name, string Value)[] Limits(PostgresOptions options) =>
    [
        ("statement_timeout", $"{options.StatementTimeoutSeconds}s"),
        ("lock_timeout", $"{options.LockTimeoutSeconds}s"),
        ("idle_in_transaction_session_timeout", $"{options.IdleInTransactionTimeoutSeconds}s"),
    ];
}
