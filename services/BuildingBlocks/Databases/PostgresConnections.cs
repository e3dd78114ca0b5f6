using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Opens connections as the settings say.</summary>
public static class PostgresConnections
{
    const int HostRecheckSeconds = 5;

    /// <summary>The connection string with the <see cref="PostgresOptions.Password"/>, if there is one.</summary>
    public static string WithPassword(this PostgresOptions options, string connectionString) =>
        options.Password.Length == 0
            ? connectionString
            : new NpgsqlConnectionStringBuilder(connectionString) { Password = options.Password }.ConnectionString;

    /// <summary>Opens a pool of connections that keep to the limits of the settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="applicationName">What PostgreSQL is told of who connects.</param>
    /// <param name="connections">The most connections; as the settings say when null.</param>
    public static NpgsqlDataSource Open(this PostgresOptions options, string applicationName, int? connections = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.WithPassword(options.ConnectionString))
        {
            ApplicationName = applicationName,
            MaxPoolSize = connections ?? options.MaxPoolSize,
            Timeout = options.ConnectTimeoutSeconds,
            MaxAutoPrepare = options.TransactionPooler ? 0 : options.MaxAutoPrepare,
            // Nobody here sets anything on a session, and undoing that each time costs PostgreSQL as much as a small statement.
            NoResetOnClose = true,
            // The client cancels what takes longer, which also counts where the session cannot be told. Background work goes by it.
            CommandTimeout = options.BackgroundStatementTimeoutSeconds,
            // Of several hosts one that was away or a standby may be the one that takes writes now. Asking one that is gone without a trace
            // takes as long as connecting may, so not at every turn.
            HostRecheckSeconds = HostRecheckSeconds,
        };
        // What the connection string itself asks for comes behind this, and wins.
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
