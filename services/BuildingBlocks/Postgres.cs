using System.ComponentModel.DataAnnotations;
using System.Data;
using System.Reflection;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.BuildingBlocks;

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

/// <summary>Registers PostgreSQL.</summary>
public static class PostgresExtensions
{
    const int HostRecheckSeconds = 5;

    /// <summary>Adds an <see cref="NpgsqlDataSource"/>, the migrations of the schema at start, the readiness check and Dapper's type handlers.</summary>
    /// <param name="schema">The schema that this service owns.</param>
    /// <param name="migrations">The assembly that embeds `Migrations/*.sql`.</param>
    /// <param name="outbox">Whether the schema has an <see cref="Outbox"/> and <see cref="FailedMessages"/>.</param>
    public static WebApplicationBuilder AddPostgres(this WebApplicationBuilder builder, string schema, Assembly migrations, bool outbox = true)
    {
        var services = builder.Services;
        services.AddSettings<PostgresOptions>("Postgres")
            .Validate(options => IsConnectionString(options.ConnectionString), "Postgres:ConnectionString is not a valid Npgsql connection string.")
            .Validate(options => IsConnectionString(options.MigrationConnectionString), "Postgres:MigrationConnectionString is not a valid Npgsql connection string.");
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<PostgresOptions>>().Value.Open($"journeys-{schema}"));
        services.AddHealthChecks().AddCheck<PostgresHealth>("postgres", tags: ["ready"], timeout: TimeSpan.FromSeconds(3));
        services.AddHostedService(provider => new MigrateAtStart(
            schema,
            migrations,
            outbox,
            provider.GetRequiredService<IOptions<PostgresOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<MigrateAtStart>>()));
        if (outbox)
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<Outbox>(provider, schema));
        services.AddSingleton<SiteGate>().AddSingleton<CallsFirst>();
        DapperHandlers.Register();
        return builder;
    }

    /// <summary>The connection string with the <see cref="PostgresOptions.Password"/>, if there is one.</summary>
    public static string WithPassword(this PostgresOptions options, string connectionString) =>
        options.Password.Length == 0
            ? connectionString
            : new NpgsqlConnectionStringBuilder(connectionString) { Password = options.Password }.ConnectionString;

    static bool IsConnectionString(string text)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(text);
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return false;
        }
    }

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

/// <summary>Lets Dapper read `timestamptz` as UTC <see cref="DateTimeOffset"/> and `snake_case` columns into properties.</summary>
public static class DapperHandlers
{
    /// <summary>Registers the handlers for the whole process; calling it again changes nothing.</summary>
    public static void Register()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new UtcHandler());
    }

    sealed class UtcHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value switch
        {
            DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
            DateTimeOffset time => time.ToUniversalTime(),
            _ => throw new InvalidCastException($"Cannot read a {value.GetType().Name} as a point in time."),
        };

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.ToUniversalTime();
    }
}

/// <summary>Ready while PostgreSQL answers. A broker that is down does not count: calls go on, the outbox grows.</summary>
sealed class PostgresHealth(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = database.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException exception)
        {
            return HealthCheckResult.Unhealthy("PostgreSQL does not answer.", exception);
        }
    }
}
