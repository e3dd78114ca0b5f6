using Dapper;

namespace Journeys.Gateways.Tests;

/// <summary>Keys of a site and sites of an account are counted exactly, also when several are created at once.</summary>
public sealed class QuotaTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest gateway = fixture.Gateway;

    [Fact]
    public async Task A_site_has_so_many_keys_and_not_one_more_however_many_are_created_at_once()
    {
        const string sql = """
            insert into access.key (key_id, site_id, kind, name, prefix, key_hash, role)
            select gen_random_uuid(), @siteId::uuid, 'SECRET', 'Filler', 'sk_', sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'VIEWER'
            from generate_series(1, 98 - (select count(*)::integer from access.key where site_id = @siteId::uuid and revoked_at is null))
            """;
        var siteId = await gateway.SiteIdAsync();
        await ExecuteAsync(sql, new { siteId });

        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(n => CreateKeyAsync($"New {n}")));

        Assert.Equal(["", "", "TOO_MANY_KEYS", "TOO_MANY_KEYS", "TOO_MANY_KEYS"], replies.Select(reply => reply.Reason).Order(StringComparer.Ordinal));
        Assert.Equal(400, replies.First(reply => reply.Reason.Length > 0).Status);
        var made = replies.First(reply => reply.Reason.Length == 0);
        Assert.Equal(200, (await gateway.CallAsync("DELETE", $"/api/sites/{siteId}/keys/{made["id"]}")).Status);
        Assert.Equal(200, (await CreateKeyAsync("Instead")).Status);

        Task<Reply> CreateKeyAsync(string name) => gateway.CallAsync("POST", $"/api/sites/{siteId}/keys", new { kind = "SECRET", name, role = "VIEWER" });
    }

    [Fact]
    public async Task However_many_keys_were_created_and_revoked_those_of_late_are_listed()
    {
        const string sql = """
            insert into access.key (key_id, site_id, kind, name, prefix, key_hash, role, revoked_at)
            select gen_random_uuid(), @siteId::uuid, 'SECRET', 'Revoked ' || number, 'sk_', sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'VIEWER',
                   now() - number * interval '1 minute'
            from generate_series(1, 300) as number
            """;
        var (admin, siteId, _) = await gateway.OtherSiteAsync();
        await ExecuteAsync(sql, new { siteId });

        var made = await gateway.CallAsync("POST", $"/api/sites/{siteId}/keys", new { kind = "SECRET", name = "New", role = "VIEWER" }, null, admin);

        var listed = (await gateway.CallAsync("GET", $"/api/sites/{siteId}/keys", null, null, admin)).Json.GetProperty("keys").EnumerateArray()
            .Select(key => key.GetProperty("name").GetString()!).ToArray();
        Assert.Equal(200, made.Status);
        Assert.Equal([.. Enumerable.Range(1, 200).Select(number => $"Revoked {number}"), "New"], listed.OrderBy(name => name == "New").ThenBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_account_creates_so_many_sites()
    {
        const string sql = """
            with site as (
                insert into access.site (site_id, name) select gen_random_uuid(), 'Filler'
                from generate_series(1, 49 - (select count(*)::integer from access.membership join access.member using (member_id) where email = @email and role = 'ADMIN'))
                returning site_id)
            insert into access.membership (site_id, member_id, role)
            select site_id, member_id, 'ADMIN' from site, access.member where email = @email
            """;
        var bearer = (await gateway.SignInAsync()).Bearer();
        await ExecuteAsync(sql, new { email = GatewayUnderTest.AdminEmail });

        var replies = await Task.WhenAll(Enumerable.Range(0, 3).Select(n => gateway.CallAsync("POST", "/api/sites", new { name = $"New {n}" }, null, bearer)));

        Assert.Equal(["", "TOO_MANY_SITES", "TOO_MANY_SITES"], replies.Select(reply => reply.Reason).Order(StringComparer.Ordinal));
    }

    async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }
}
