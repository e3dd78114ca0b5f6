using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Brings the schema up to date before anything else of the service starts.</summary>
sealed class MigrateAtStart(
    string schema, Assembly migrations, bool outbox, PostgresOptions options, TimeProvider time, ILogger<MigrateAtStart> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var database = options.MigrationConnectionString.Length > 0 ? options.MigrationConnectionString : options.ConnectionString;
        var giveUpAt = time.GetUtcNow() + TimeSpan.FromSeconds(options.StartTimeoutSeconds);
        for (var failures = 1; ; failures++)
        {
            try
            {
                await Migrations.MigrateAsync(options.WithPassword(database), schema, migrations, outbox, logger, cancellationToken);
                return;
            }
            // A permanent error of PostgreSQL, such as a wrong password, is not retried.
            catch (NpgsqlException exception) when (exception is not PostgresException { IsTransient: false } && time.GetUtcNow() < giveUpAt)
            {
                logger.LogWarning("PostgreSQL cannot be used yet ({Problem}), trying again", exception.Message);
                await Task.Delay(BackOff.After(failures, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2)), time, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
