using Dapper;

namespace Journeys.Gateways.Tests;

/// <summary>Sites and sessions for tests.</summary>
static class GatewayAccess
{
    public static async Task<string> SiteIdAsync(this GatewayUnderTest gateway) =>
        (await gateway.CallAsync("GET", "/api/session")).Json.GetProperty("memberships")[0].GetProperty("site").GetProperty("id").GetString()!;

    /// <summary>A site that exists and to which nobody in the tests belongs.</summary>
    public static async Task<string> ForeignSiteIdAsync(this GatewayUnderTest gateway)
    {
        const string foreign = "0197f2a0-0000-7000-8000-000000000001";
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("insert into access.site (site_id, name) values (@id, 'Foreign') on conflict do nothing", new { id = Guid.Parse(foreign) });
        return foreign;
    }

    public static async Task<Reply> SignInAsync(
        this GatewayUnderTest gateway, string email = GatewayUnderTest.AdminEmail, string password = GatewayUnderTest.AdminPassword)
    {
        var reply = await gateway.CallAsync("POST", "/api/session", new { email, password }, key: null);
        Assert.Equal(200, reply.Status);
        return reply;
    }
}
