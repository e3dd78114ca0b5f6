using Dapper;
using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>A site keeps an admin, however its two admins take the role from each other at the same moment.</summary>
public sealed class LastAdminTests : IAsyncLifetime
{
    const string Password = "a long and odd password";

    GatewayUnderTest gateway = null!;

    public async Task InitializeAsync() => gateway = await GatewayUnderTest.StartAsync();

    public async Task DisposeAsync() => await gateway.DisposeAsync();

    [Theory]
    [InlineData("PATCH", "PATCH")]
    [InlineData("DELETE", "DELETE")]
    [InlineData("PATCH", "DELETE")]
    public async Task Of_two_calls_that_take_the_last_admins_one_is_refused(string one, string another)
    {
        var (first, site, members) = await gateway.OtherSiteAsync();
        var invited = await gateway.CallAsync("POST", members, new { email = "second@example.com", role = "ADMIN" }, null, first);
        var accept = new { token = GatewayAccess.TokenOf(invited), name = "Second", password = Password };
        var second = (await gateway.CallAsync("POST", "/api/invitations/accept", accept, null)).Bearer();
        var (firstId, secondId) = (await MemberIdAsync(first), await MemberIdAsync(second));

        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from access.membership where site_id = @site for update", new { site = Guid.Parse(site) }, transaction);
        var calls = new[] { TakeAsync(one, first, secondId), TakeAsync(another, second, firstId) };
        await Eventually.Equal(2, gateway.Database.DataSource.CountWaitersAsync, "calls that wait for the members");
        await transaction.CommitAsync();
        var replies = await Task.WhenAll(calls);

        Assert.Single(replies, reply => reply.Status == 200);
        Assert.Equal((400, "LAST_ADMIN"), replies.Where(reply => reply.Status != 200).Select(reply => (reply.Status, reply.Reason)).Single());
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>(
            "select count(*)::integer from access.membership where site_id = @site and role = 'ADMIN'", new { site = Guid.Parse(site) }));

        Task<Reply> TakeAsync(string how, (string, string) from, string whom) => how switch
        {
            "PATCH" => gateway.CallAsync("PATCH", $"{members}/{whom}", new { role = "VIEWER" }, null, from),
            _ => gateway.CallAsync("DELETE", $"{members}/{whom}", null, null, from),
        };
    }

    async Task<string> MemberIdAsync((string, string) bearer) =>
        (await gateway.CallAsync("GET", "/api/session", key: null, headers: bearer)).Json.GetProperty("member").GetProperty("id").GetString()!;
}
