using System.Reflection;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.BuildingBlocks;

/// <summary>Registers PostgreSQL.</summary>
public static class PostgresExtensions
{
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
}
