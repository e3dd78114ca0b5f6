using Dapper;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.Gateways.Auditing;
using Journeys.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

/// <summary>The gateway's database takes what it is asked and answers nothing.</summary>
public sealed class HungDatabaseTests
{
    [Fact]
    public async Task Whoever_asks_whether_the_gateway_is_ready_is_told_when_to_ask_again()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await using var other = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(gateway.Database.ConnectionString) { Database = "postgres" }.ConnectionString);
        await other.ExecuteAsync($"alter database {gateway.Database.Name} with allow_connections false");
        await other.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = @Name", new { gateway.Database.Name });

        var reply = await gateway.CallAsync("GET", "/health/ready", key: null);

        Assert.Equal((503, "1"), (reply.Status, reply.Header("Retry-After")));
    }

    [Fact]
    public async Task Who_calls_is_looked_up_within_the_limit_of_the_call()
    {
        await using var gateway = await GatewayUnderTest.StartAsync("--Gateway:SdkTimeoutSeconds=1");
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table access.key in access exclusive mode", transaction: transaction);

        var reply = await gateway.CallAsync("POST", "/sdk/identify", new { anonymousId = "v1" }, GatewayUnderTest.PublishableKey);

        // The database itself would have given up after ten seconds or more, with another reason.
        Assert.Equal((503, "TRY_AGAIN"), (reply.Status, reply.Reason));
        Assert.Equal("The caller could not be looked up in time. Try again.", reply["detail"]);
        Assert.Equal("1", reply.Header("Retry-After"));
    }

    [Fact]
    public async Task The_row_in_the_audit_log_is_written_within_the_limit_of_the_call_or_nothing_is_done()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table access.audit in access exclusive mode", transaction: transaction);
        var caller = new Caller(Guid.Parse(await gateway.SiteIdAsync()), "somebody", Role.Editor);

        var refusal = await Assert.ThrowsAsync<GatewayError>(() => gateway.Services.GetRequiredService<AuditTrail>().BeginAsync(
            CallWith(TimeSpan.FromMilliseconds(100)), CreateJourney, new Admitted(caller, null), request: null));

        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (refusal.Code, refusal.Reason));
        Assert.Equal("The audit log could not be written in time, so nothing was done. Try again.", refusal.Message);
    }

    [Fact]
    public async Task Nobody_waits_for_the_outcome_in_the_audit_log_when_the_time_of_the_call_is_over()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var row = new AuditRow { AuditId = Guid.CreateVersion7(), SiteId = Guid.Parse(await gateway.SiteIdAsync()), ActorKind = "KEY", TargetKind = "journey" };
        await gateway.Services.GetRequiredService<AuditStore>().BeginAsync(row, erasedId: null, default);
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table access.audit in access exclusive mode", transaction: transaction);

        var ended = gateway.Services.GetRequiredService<AuditTrail>().EndAsync(CallWith(TimeSpan.Zero), row, CreateJourney, problem: null, answer: null);

        Assert.True(ended.IsCompletedSuccessfully);
        await transaction.RollbackAsync();
        await Eventually.Equal("OK", () => connection.QuerySingleAsync<string>("select outcome from access.audit"), "the outcome");
    }

    static Rpc CreateJourney => RpcCatalog.Journeys.Routes.First(route => route.Rpc.Method.Name == "CreateJourney").Rpc;

    static DefaultHttpContext CallWith(TimeSpan limit)
    {
        var context = new DefaultHttpContext();
        context.Features.Set(new CallTime(limit, TimeProvider.System));
        return context;
    }
}
