using Dapper;

namespace Journeys.Gateways.Tests;

/// <summary>The gateway's database takes what it is asked and answers nothing.</summary>
public sealed class HungDatabaseTests
{
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
}
