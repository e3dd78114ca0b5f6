using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

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
