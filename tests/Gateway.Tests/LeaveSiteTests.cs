namespace Journeys.Gateways.Tests;

/// <summary>A member leaves a site by their own decision.</summary>
public sealed class LeaveSiteTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string Password = "a long and odd password";

    readonly GatewayUnderTest gateway = fixture.Gateway;

    [Fact]
    public async Task Whoever_leaves_keeps_the_account_and_their_other_sites_and_loses_this_one_in_every_session()
    {
        var site = await gateway.SiteIdAsync();
        var member = await gateway.JoinAsync("leaver@example.com", "ADMIN", Password);
        var own = await gateway.CallAsync("POST", "/api/sites", new { name = "Own" }, null, member.Bearer());
        var elsewhere = await gateway.SignInAsync("leaver@example.com", Password);
        Assert.Equal(200, (await gateway.CallAsync("GET", $"/api/sites/{site}", null, null, elsewhere.Bearer())).Status);

        var left = await LeaveAsync(site, member.Bearer());

        Assert.Equal((200, own["id"]), (left.Status, OnlySite(left)));
        Assert.Equal("", left["token"]);
        foreach (var session in new[] { member, elsewhere, await gateway.SignInAsync("leaver@example.com", Password) })
        {
            var refused = await gateway.CallAsync("GET", $"/api/sites/{site}", null, null, session.Bearer());
            Assert.Equal((404, "SITE_NOT_FOUND"), (refused.Status, refused.Reason));
            Assert.Equal(own["id"], OnlySite(await gateway.CallAsync("GET", "/api/session", null, null, session.Bearer())));
        }

        Assert.DoesNotContain("leaver@", (await gateway.CallAsync("GET", $"/api/sites/{site}/members")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_left_their_only_site_is_signed_in_and_can_be_invited_again()
    {
        var site = await gateway.SiteIdAsync();
        var member = await gateway.JoinAsync("returns@example.com", "VIEWER", Password);
        Assert.Equal(200, (await LeaveAsync(site, member.Bearer())).Status);

        var without = await gateway.CallAsync("GET", "/api/journeys", null, null, member.Bearer());
        var invited = await gateway.CallAsync("POST", $"/api/sites/{site}/members", new { email = "returns@example.com", role = "EDITOR" });
        var back = await gateway.CallAsync("POST", "/api/invitations/join", new { token = GatewayAccess.TokenOf(invited) }, null, member.Bearer());

        Assert.Equal((403, "NO_SITE"), (without.Status, without.Reason));
        Assert.Equal((200, site), (back.Status, OnlySite(back)));
    }

    [Fact]
    public async Task Of_two_admins_who_leave_at_once_one_stays()
    {
        var (first, site, members) = await gateway.OtherSiteAsync();
        const string email = "second-admin@example.com";
        var invited = await gateway.CallAsync("POST", members, new { email, role = "ADMIN" }, null, first);
        var second = await gateway.CallAsync("POST", "/api/invitations/accept", new { token = GatewayAccess.TokenOf(invited), name = "Second", password = Password }, null);

        var replies = await Task.WhenAll(LeaveAsync(site, first), LeaveAsync(site, second.Bearer()));

        Assert.Single(replies, reply => reply.Status == 200);
        var refused = Assert.Single(replies, reply => reply.Status != 200);
        Assert.Equal((400, "LAST_ADMIN"), (refused.Status, refused.Reason));
        Assert.Contains("at least one admin", refused["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_and_a_member_of_another_site_cannot_leave()
    {
        var site = await gateway.SiteIdAsync();
        var (stranger, _, _) = await gateway.OtherSiteAsync();

        var key = await gateway.CallAsync("POST", $"/api/sites/{site}/leave", new { });
        var foreign = await LeaveAsync(site, stranger);

        Assert.Equal((404, "MEMBER_NOT_FOUND"), (key.Status, key.Reason));
        Assert.Equal((404, "SITE_NOT_FOUND"), (foreign.Status, foreign.Reason));
    }

    [Fact]
    public async Task The_log_says_who_left()
    {
        var site = await gateway.SiteIdAsync();
        var member = await gateway.JoinAsync("logged@example.com", "EDITOR", Password);
        await LeaveAsync(site, member.Bearer());

        var entries = (await gateway.CallAsync("GET", "/api/audit?action=LeaveSite&actor=logged@example.com")).Json.GetProperty("entries");

        var entry = Assert.Single(entries.EnumerateArray());
        Assert.Equal(("OK", "site", site), (entry.GetProperty("outcome").GetString(), entry.GetProperty("targetKind").GetString(), entry.GetProperty("targetId").GetString()));
    }

    Task<Reply> LeaveAsync(string site, (string, string) bearer) => gateway.CallAsync("POST", $"/api/sites/{site}/leave", new { }, null, bearer);

    static string OnlySite(Reply session) =>
        Assert.Single(session.Json.GetProperty("memberships").EnumerateArray()).GetProperty("site").GetProperty("id").GetString()!;
}
