using System.Net;
using System.Net.Sockets;
using Dapper;
using Journeys.EmbeddedPostgres;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>What cannot start says why in one line, and ends with exit code 1.</summary>
public sealed class StartTests
{
    public static TheoryData<string> Projects => ["services/Definition", "services/Enrollment", "services/Scheduler", "gateway/Gateway"];

    [Theory]
    [MemberData(nameof(Projects))]
    public async Task Without_PostgreSQL_it_says_so(string project)
    {
        var line = await FailAsync(project, new() { ["Postgres:ConnectionString"] = $"Host=127.0.0.1;Port={FreePort.Next()};Username=u;Database=d" });

        Assert.Contains("PostgreSQL does not answer", line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public async Task Without_the_host_of_PostgreSQL_it_waits_and_says_so(string project)
    {
        var line = await FailAsync(project, new()
        {
            ["Postgres:ConnectionString"] = "Host=no-such-host.invalid;Username=u;Database=d",
            ["Postgres:StartTimeoutSeconds"] = "1",
        }, output => Assert.Contains("PostgreSQL cannot be used yet", output, StringComparison.Ordinal));

        Assert.Contains("PostgreSQL does not answer", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_said_to_be_one_of_urls()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();

        var line = await FailAsync("services/Scheduler", new() { ["Postgres:ConnectionString"] = database.ConnectionString, ["urls"] = "http://192.0.2.1:7101" });

        Assert.Contains("urls: ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services/Definition", "Postgres:ConnectionString", "")]
    [InlineData("services/Definition", "Postgres:ConnectionString", "nonsense")]
    [InlineData("services/Definition", "Postgres:MaxPoolSize", "1")]
    [InlineData("services/Definition", "Postgres:MaxPoolSize", "many")]
    [InlineData("services/Definition", "Identity:SigningKey", "short")]
    [InlineData("services/Definition", "Messaging:Broker", "x")]
    [InlineData("services/Definition", "Services:Enrollment", "x")]
    [InlineData("services/Definition", "urls", "x")]
    [InlineData("services/Enrollment", "Services:Definition", "x")]
    [InlineData("services/Scheduler", "Scheduler:PeoplePerChunk", "0")]
    [InlineData("gateway/Gateway", "Postgres:ConnectionString", "")]
    [InlineData("gateway/Gateway", "Services:Scheduler", "x")]
    [InlineData("gateway/Gateway", "Gateway:TrustedProxies", "x")]
    [InlineData("gateway/Gateway", "RateLimits:PerKey", "x")]
    [InlineData("gateway/Gateway", "urls", "x")]
    public async Task A_bad_setting_is_named_by_its_key(string project, string key, string value)
    {
        Assert.Contains(key, await FailAsync(project, new() { [key] = value }), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public async Task A_port_in_use_is_named(string project)
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var line = await FailAsync(project, new() { ["Postgres:ConnectionString"] = database.ConnectionString, ["urls"] = $"http://127.0.0.1:{port}" });

        Assert.Contains($"127.0.0.1:{port}", line, StringComparison.Ordinal);
        Assert.Contains("address already in use", line, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("services/Definition", "definition.journey")]
    [InlineData("services/Enrollment", "enrollment.journey")]
    [InlineData("services/Scheduler", "scheduler.timer")]
    [InlineData("gateway/Gateway", "access.site")]
    public async Task A_migration_that_fails_is_named(string project, string table)
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using (var connection = await database.DataSource.OpenConnectionAsync())
            await connection.ExecuteAsync($"create schema {table.Split('.')[0]}; create table {table} (a integer)");

        var line = await FailAsync(project, new() { ["Postgres:ConnectionString"] = database.ConnectionString });

        Assert.Matches(@"Migration 0001_\w+\.sql of schema \w+ failed: 42P07 ", line);
    }

    // The only line on the error stream.
    static async Task<string> FailAsync(string project, Dictionary<string, string> settings, Action<string>? checkOutput = null)
    {
        var defaults = new Dictionary<string, string>
        {
            ["Postgres:ConnectionString"] = "Host=127.0.0.1",
            ["Postgres:StartTimeoutSeconds"] = "0",
            ["Messaging:Broker"] = "memory://start",
            ["Identity:SigningKey"] = Convert.ToBase64String(new byte[32]),
            ["urls"] = $"http://127.0.0.1:{FreePort.Next()}",
        };
        foreach (var (key, value) in settings)
            defaults[key] = value;

        var (exitCode, output, errors) = await ServiceProcess.RunAsync(project, defaults);

        Assert.Equal(1, exitCode);
        checkOutput?.Invoke(output);
        Assert.DoesNotContain("   at ", output + errors, StringComparison.Ordinal);
        var line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith($"journeys-{Path.GetFileName(project).ToLowerInvariant()}: ", line, StringComparison.Ordinal);
        return line;
    }
}
