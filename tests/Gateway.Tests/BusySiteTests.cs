using Dapper;
using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>A site whose calls take the database long leaves connections to others.</summary>
public sealed class BusySiteTests : IAsyncLifetime
{
    const int Connections = 8;

    GatewayUnderTest gateway = null!;

    // Nothing gives up by itself while the test looks.
    public async Task InitializeAsync() => gateway = await GatewayUnderTest.StartAsync(
        $"--Postgres:MaxPoolSize={Connections}", "--Postgres:LockTimeoutSeconds=60", "--Postgres:StatementTimeoutSeconds=60", "--Postgres:ConnectTimeoutSeconds=60",
        "--Gateway:CallTimeoutSeconds=60", "--Access:CacheSeconds=0");

    public async Task DisposeAsync() => await gateway.DisposeAsync();

    [Theory]
    [InlineData("GET", "/api/audit")]
    [InlineData("POST", "/api/journeys/0197f2a0-0000-7000-8000-000000000001/pause")]
    public async Task However_many_calls_of_one_site_wait_for_the_log_those_of_another_are_answered(string verb, string path)
    {
        var (other, site, _) = await gateway.OtherSiteAsync();
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table access.audit in access exclusive mode", transaction: transaction);
        var busy = Enumerable.Range(0, 3 * Connections)
            .Select(_ => gateway.CallAsync(verb, path, verb == "POST" ? new { } : null, null, other, ("X-Site-Id", site))).ToArray();
        await Eventually.True(async () => await gateway.Database.DataSource.CountWaitersAsync() >= Connections / 2, "calls that wait for the log");

        var answer = await gateway.CallAsync("GET", "/api/journeys");

        Assert.Equal(200, answer.Status);
        // The loop that deletes old rows may be one of them.
        Assert.InRange(await gateway.Database.DataSource.CountWaitersAsync(), 1, (Connections / 2) + 1);
        await transaction.CommitAsync();
        Assert.All(await Task.WhenAll(busy), reply => Assert.Equal(200, reply.Status));
    }
}
