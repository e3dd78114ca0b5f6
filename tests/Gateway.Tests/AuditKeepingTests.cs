using Dapper;
using Journeys.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways.Tests;

/// <summary>What the log does when things go wrong or grow old. A gateway of its own, because its table is broken and filled here.</summary>
public sealed class AuditKeepingTests : IAsyncLifetime
{
    GatewayUnderTest gateway = null!;

    public async Task InitializeAsync() => gateway = await GatewayUnderTest.StartAsync();

    public async Task DisposeAsync() => await gateway.DisposeAsync();

    [Fact]
    public async Task Without_a_row_nothing_is_done()
    {
        await ExecuteAsync("alter table access.audit rename to audit_elsewhere");
        var arrivals = gateway.Peer.Arrivals.Count;

        var publish = await gateway.CallAsync("POST", $"/api/journeys/{Guid.CreateVersion7()}/publish", new { });
        var signIn = await gateway.CallAsync("POST", "/api/session", new { email = GatewayUnderTest.AdminEmail, password = GatewayUnderTest.AdminPassword }, null);
        var read = await gateway.CallAsync("GET", "/api/journeys");

        Assert.Equal((500, 500, 200), (publish.Status, signIn.Status, read.Status));
        Assert.Equal(["ListJourneys"], gateway.Peer.Arrivals.Skip(arrivals).Select(arrival => arrival.Method));
        Assert.Equal(0, await CountAsync("access.session"));
    }

    [Fact]
    public async Task The_row_is_there_while_the_call_is_under_way_and_stays_when_its_end_cannot_be_written()
    {
        var before = "";
        gateway.Peer.Answers["PublishJourney"] = async (_, _) =>
        {
            await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
            before = await connection.ExecuteScalarAsync<string>("select outcome from access.audit where action = 'PublishJourney'") ?? "";
            // As if the gateway or its database died before it heard the answer.
            await connection.ExecuteAsync("alter table access.audit rename to audit_elsewhere");
            return new Protos.Definition.V1.Journey();
        };

        var reply = await gateway.CallAsync("POST", $"/api/journeys/{Guid.CreateVersion7()}/publish", new { });

        Assert.Equal((200, "PENDING"), (reply.Status, before));
        await ExecuteAsync("alter table access.audit_elsewhere rename to audit");
        Assert.Equal("PENDING", (await gateway.CallAsync("GET", "/api/audit?action=PublishJourney")).Json.GetProperty("entries")[0].GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task Rows_are_deleted_when_they_are_old_enough_a_batch_at_a_time()
    {
        var keep = gateway.Services.GetRequiredService<IOptions<AuditOptions>>().Value.KeepDays;
        await InsertAsync(1_500, keep + 1);
        await InsertAsync(3, keep - 1);
        var chore = gateway.Services.GetRequiredService<DeleteOldAudit>();

        // The gateway's own loop may take a batch at the same time.
        await Eventually.Equal(3, async () => { await chore.RunOnceAsync(CancellationToken.None); return (int)await CountAsync("access.audit"); }, "the rows that are left");

        Assert.Equal(400, keep);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("30")]
    [InlineData("3651")]
    public async Task The_time_to_keep_them_is_checked_at_the_start(string days)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayUnderTest.StartAsync($"--Audit:KeepDays={days}"));

        Assert.Contains("Audit:KeepDays", failure.Message, StringComparison.Ordinal);
    }

    Task InsertAsync(int count, int daysAgo) => ExecuteAsync($"""
        insert into access.audit (audit_id, site_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, address, outcome, reason)
        select gen_random_uuid(), gen_random_uuid(), now() - interval '{daysAgo} days', 'KEY', '', '', 'Old', '', '', '', 'OK', ''
        from generate_series(1, {count})
        """);

    async Task<long> CountAsync(string table)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>($"select count(*) from {table}");
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
