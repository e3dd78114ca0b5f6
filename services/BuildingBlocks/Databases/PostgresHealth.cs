using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>
/// Reports ready while PostgreSQL answers. The broker does not count, because calls still work without it and the
/// outbox keeps the messages.
/// </summary>
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
