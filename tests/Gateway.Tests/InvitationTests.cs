using Dapper;

namespace Journeys.Gateways.Tests;

/// <summary>Nobody becomes a member, or gets a password, but by their own doing.</summary>
public sealed class InvitationTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    const string Password = "a long and odd password";

    readonly GatewayUnderTest gateway = fixture.Gateway;

    [Fact]
    public async Task An_invitation_makes_no_account_and_its_link_is_shown_once_and_kept_as_a_hash()
    {
        var members = await MembersAsync();

        var invited = await gateway.CallAsync("POST", members, new { email = "Ada@Example.com", name = "Ada", role = "EDITOR" });
        var listed = await gateway.CallAsync("GET", members);
        var seen = await gateway.CallAsync("POST", "/api/invitations/find", new { token = GatewayAccess.TokenOf(invited) }, key: null);

        Assert.Equal(("ada@example.com", "INVITED", "EDITOR"), (invited["email"], invited["state"], invited["role"]));
        Assert.Matches("^/invitation#iv_[0-9A-Za-z]{43}$", invited["invitationLink"]);
        Assert.DoesNotContain("iv_", listed.Text, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromDays(7), invited.Json.GetProperty("expireTime").GetDateTimeOffset() - invited.Json.GetProperty("createTime").GetDateTimeOffset());
        Assert.Equal(("First", "EDITOR", "ada@example.com"), (seen["siteName"], seen["role"], seen["email"]));
        Assert.Equal(0, await CountAsync("access.member where email = 'ada@example.com'"));
        Assert.Equal(1, await CountAsync("access.invitation where email = 'ada@example.com' and length(token_hash) = 32"));
    }

    [Fact]
    public async Task An_admin_sets_nobodys_password()
    {
        var members = await MembersAsync();
        var session = await gateway.JoinAsync("owner@example.com", "VIEWER", Password);

        var added = await gateway.CallAsync("POST", members, new { email = "cfo@example.com", role = "VIEWER", password = Password });
        var changed = await gateway.CallAsync("PATCH", $"{members}/{IdOf(session)}", new { password = "another odd password" });
        var still = await gateway.SignInAsync("owner@example.com", Password);

        Assert.Equal((400, "password"), (added.Status, added.BlamedFields.Single()));
        Assert.Equal((400, "password"), (changed.Status, changed.BlamedFields.Single()));
        Assert.Equal(200, still.Status);
    }

    [Fact]
    public async Task An_account_made_in_advance_gets_nothing_of_a_site_that_invites_the_address_later()
    {
        // The attacker rules a site, holds the link that it shows, and takes the address of somebody else.
        var (attacker, _, members) = await gateway.OtherSiteAsync();
        var own = await gateway.CallAsync("POST", members, new { email = "victim@example.com", role = "VIEWER" }, null, attacker);
        var squatter = await gateway.CallAsync("POST", "/api/invitations/accept", new { token = GatewayAccess.TokenOf(own), name = "V", password = Password }, null);

        var invited = await gateway.CallAsync("POST", await MembersAsync(), new { email = "victim@example.com", role = "ADMIN" });
        var sites = await gateway.CallAsync("GET", "/api/sites", key: null, headers: squatter.Bearer());
        var keys = await gateway.CallAsync("GET", $"/api/sites/{await gateway.SiteIdAsync()}/keys", key: null, headers: squatter.Bearer());

        Assert.Equal(("INVITED", 200), (invited["state"], squatter.Status));
        Assert.DoesNotContain("First", sites.Text, StringComparison.Ordinal);
        Assert.Equal((404, "SITE_NOT_FOUND"), (keys.Status, keys.Reason));
    }

    [Fact]
    public async Task Accepting_makes_an_account_with_the_persons_own_name_and_password_and_works_once()
    {
        var invited = await gateway.CallAsync("POST", await MembersAsync(), new { email = "new@example.com", name = "Somebody", role = "EDITOR" });
        var accept = new { token = GatewayAccess.TokenOf(invited), name = "Nora", password = Password };

        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => gateway.CallAsync("POST", "/api/invitations/accept", accept, key: null)));
        var session = Assert.Single(replies, reply => reply.Status == 200);
        var member = await MemberAsync("new@example.com");

        Assert.All(replies.Where(reply => reply != session), reply => Assert.Equal((400, "LINK_NOT_VALID"), (reply.Status, reply.Reason)));
        Assert.StartsWith("journeys_session=st_", session.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Equal(("Nora", "EDITOR", "MEMBER"), (member["name"], member["role"], member["state"]));
        Assert.Equal(200, (await gateway.SignInAsync("New@example.com", Password)).Status);
    }

    [Fact]
    public async Task Who_has_an_account_joins_another_site_by_their_own_consent_only()
    {
        var person = await gateway.JoinAsync("both@example.com", "VIEWER", Password, "Bo");
        var stranger = await gateway.JoinAsync("stranger@example.com", "VIEWER", Password);
        var (admin, otherSite, members) = await gateway.OtherSiteAsync();
        var invited = await gateway.CallAsync("POST", members, new { email = "both@example.com", name = "Somebody", role = "EDITOR" }, null, admin);
        var token = GatewayAccess.TokenOf(invited);

        var asNew = await gateway.CallAsync("POST", "/api/invitations/accept", new { token, name = "X", password = "a very odd password" }, key: null);
        var before = await gateway.CallAsync("GET", "/api/sites", key: null, headers: person.Bearer());
        var another = await gateway.CallAsync("POST", "/api/invitations/join", new { token }, null, stranger.Bearer());
        var byKey = await gateway.CallAsync("POST", "/api/invitations/join", new { token });
        var joined = await gateway.CallAsync("POST", "/api/invitations/join", new { token }, null, person.Bearer());
        var again = await gateway.CallAsync("POST", "/api/invitations/join", new { token }, null, person.Bearer());

        Assert.Equal((409, "ACCOUNT_EXISTS"), (asNew.Status, asNew.Reason));
        Assert.DoesNotContain(otherSite, before.Text, StringComparison.Ordinal);
        Assert.Equal((400, "INVITATION_OF_ANOTHER"), (another.Status, another.Reason));
        Assert.Equal((403, "NOT_ALLOWED"), (byKey.Status, byKey.Reason));
        Assert.Contains(joined.Json.GetProperty("memberships").EnumerateArray(), each => each.GetProperty("site").GetProperty("id").GetString() == otherSite);
        Assert.Equal((400, "LINK_NOT_VALID"), (again.Status, again.Reason));
    }

    [Fact]
    public async Task A_name_belongs_to_one_site()
    {
        var person = await gateway.JoinAsync("named@example.com", "VIEWER", Password, "Nina");
        var (admin, _, members) = await gateway.OtherSiteAsync();
        var invited = await gateway.CallAsync("POST", members, new { email = "named@example.com", role = "VIEWER" }, null, admin);
        await gateway.CallAsync("POST", "/api/invitations/join", new { token = GatewayAccess.TokenOf(invited) }, null, person.Bearer());

        var renamed = await gateway.CallAsync("PATCH", $"{members}/{IdOf(person)}", new { name = "Fool" }, null, admin);
        var own = await gateway.CallAsync("GET", "/api/session", key: null, headers: person.Bearer());
        var here = await MemberAsync("named@example.com");
        await gateway.CallAsync("PATCH", "/api/account", new { name = "Nina Nord" }, null, person.Bearer());
        var after = await MemberAsync("named@example.com");
        var there = await gateway.CallAsync("GET", members, key: null, headers: admin);

        Assert.Equal("Fool", renamed["name"]);
        Assert.Equal(("Nina", "Nina"), (own.Json.GetProperty("member").GetProperty("name").GetString(), here["name"]));
        Assert.Equal("Nina Nord", after["name"]);
        Assert.Contains("Fool", there.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Nord", there.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invitation_is_changed_renewed_and_revoked_and_leaves_nothing()
    {
        var members = await MembersAsync();
        var invited = await gateway.CallAsync("POST", members, new { email = "gone@example.com", role = "VIEWER" });

        var changed = await gateway.CallAsync("PATCH", $"{members}/{invited["id"]}", new { role = "EDITOR", name = "Gone" });
        var renewed = await gateway.CallAsync("POST", $"{members}/{invited["id"]}/renew", new { });
        var old = await gateway.CallAsync("POST", "/api/invitations/find", new { token = GatewayAccess.TokenOf(invited) }, key: null);
        var now = await gateway.CallAsync("POST", "/api/invitations/find", new { token = GatewayAccess.TokenOf(renewed) }, key: null);
        var revoked = await gateway.CallAsync("DELETE", $"{members}/{invited["id"]}");
        var gone = await gateway.CallAsync("POST", "/api/invitations/accept", new { token = GatewayAccess.TokenOf(renewed), name = "G", password = Password }, key: null);
        var unknown = await gateway.CallAsync("POST", $"{members}/{invited["id"]}/renew", new { });

        Assert.Equal(("EDITOR", "INVITED"), (changed["role"], changed["state"]));
        Assert.Equal((400, "LINK_NOT_VALID"), (old.Status, old.Reason));
        Assert.Equal(("EDITOR", "Gone"), (now["role"], now["name"]));
        Assert.Equal(200, revoked.Status);
        Assert.Equal((400, "LINK_NOT_VALID"), (gone.Status, gone.Reason));
        Assert.Equal((404, "MEMBER_NOT_FOUND"), (unknown.Status, unknown.Reason));
        Assert.Equal(0, await CountAsync("access.member where email = 'gone@example.com'"));
    }

    [Fact]
    public async Task An_invitation_that_has_expired_does_nothing_and_makes_room_for_another()
    {
        var members = await MembersAsync();
        var invited = await gateway.CallAsync("POST", members, new { email = "late@example.com", role = "VIEWER" });
        await ExecuteAsync("update access.invitation set expires_at = now() - interval '1 second' where email = 'late@example.com'");

        var late = await gateway.CallAsync("POST", "/api/invitations/accept", new { token = GatewayAccess.TokenOf(invited), name = "L", password = Password }, key: null);
        var again = await gateway.CallAsync("POST", members, new { email = "late@example.com", role = "VIEWER" });

        Assert.Equal((400, "LINK_NOT_VALID"), (late.Status, late.Reason));
        Assert.Equal(200, again.Status);
    }

    [Fact]
    public async Task Inviting_one_person_many_times_at_once_invites_them_once()
    {
        var members = await MembersAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => gateway.CallAsync("POST", members, new { email = "race@example.com", role = "VIEWER" })));

        Assert.Single(replies, reply => reply.Status == 200);
        Assert.Equal(11, replies.Count(reply => (reply.Status, reply.Reason) == (409, "MEMBER_EXISTS")));
    }

    [Fact]
    public async Task Inviting_tells_nothing_about_who_has_an_account()
    {
        await gateway.JoinAsync("known@example.com", "VIEWER", Password);
        var (admin, _, members) = await gateway.OtherSiteAsync();

        var known = await gateway.CallAsync("POST", members, new { email = "known@example.com", role = "VIEWER" }, null, admin);
        var unknown = await gateway.CallAsync("POST", members, new { email = "unknown@example.com", role = "VIEWER" }, null, admin);

        Assert.Equal(Shape(unknown), Shape(known));
        static string Shape(Reply reply) => $"{reply.Status} {string.Join(' ', reply.Json.EnumerateObject().Select(property => property.Name))} {reply["name"]} {reply["state"]}";
    }

    [Fact]
    public async Task Inviting_is_limited()
    {
        await using var strict = await GatewayUnderTest.StartAsync("--Access:InvitationsPerHour=2");
        var members = $"/api/sites/{await strict.SiteIdAsync()}/members";

        var replies = new List<Reply>();
        foreach (var number in Enumerable.Range(1, 3))
            replies.Add(await strict.CallAsync("POST", members, new { email = $"m{number}@example.com", role = "VIEWER" }));

        Assert.Equal([200, 200, 429], replies.Select(reply => reply.Status));
        Assert.Equal("TOO_MANY_INVITATIONS", replies[2].Reason);
    }

    async Task<string> MembersAsync() => $"/api/sites/{await gateway.SiteIdAsync()}/members";

    async Task<System.Text.Json.JsonElement> ElementAsync(string email) =>
        (await gateway.CallAsync("GET", await MembersAsync())).Json.GetProperty("members").EnumerateArray().Single(member => member.GetProperty("email").GetString() == email);

    async Task<Dictionary<string, string>> MemberAsync(string email) =>
        (await ElementAsync(email)).EnumerateObject().ToDictionary(property => property.Name, property => property.Value.ToString());

    async Task<long> CountAsync(string rows)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>($"select count(*) from {rows}");
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    static string IdOf(Reply session) => session.Json.GetProperty("member").GetProperty("id").GetString()!;
}
