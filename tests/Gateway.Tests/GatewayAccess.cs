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

    /// <summary>The token of the link that an answer to inviting shows.</summary>
    public static string TokenOf(Reply invited) => invited["invitationLink"].Split('#')[1];

    /// <summary>Invites somebody to the first site, who accepts with a new account; answers their session.</summary>
    public static async Task<Reply> JoinAsync(this GatewayUnderTest gateway, string email, string role, string password, string name = "Eve")
    {
        var invited = await gateway.CallAsync("POST", $"/api/sites/{await gateway.SiteIdAsync()}/members", new { email, role });
        Assert.Equal(200, invited.Status);
        var accepted = await gateway.CallAsync("POST", "/api/invitations/accept", new { token = TokenOf(invited), name, password }, key: null);
        Assert.Equal((200, ""), (accepted.Status, accepted.Reason));
        return accepted;
    }

    /// <summary>Another site with an admin of its own, who has nothing to do with the first: the header with which they call, and its members.</summary>
    public static async Task<((string, string) Bearer, string SiteId, string Members)> OtherSiteAsync(this GatewayUnderTest gateway)
    {
        var email = $"other{Guid.NewGuid():n}@example.com";
        var session = await gateway.JoinAsync(email, "ADMIN", "correct horse battery");
        var bearer = ("Authorization", $"Bearer {session["token"]}");
        var site = await gateway.CallAsync("POST", "/api/sites", new { name = "Other" }, null, bearer);
        await gateway.CallAsync("DELETE", $"/api/sites/{await gateway.SiteIdAsync()}/members/{session.Json.GetProperty("member").GetProperty("id")}");
        return (bearer, site["id"], $"/api/sites/{site["id"]}/members");
    }

    public static (string, string) Bearer(this Reply session) => ("Authorization", $"Bearer {session["token"]}");
}
