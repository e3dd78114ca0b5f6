using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>What a new version makes of the rows that an older one left.</summary>
public sealed class MigrationTests
{
    [Fact]
    public async Task Members_from_before_invitations_keep_site_role_name_and_password()
    {
        DapperHandlers.Register();
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync("create schema access;" + Script("0001"));
        var (site, member) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await connection.ExecuteAsync(
            """
            insert into access.site (site_id, name) values (@site, 'First');
            insert into access.member (member_id, email, name, password_hash) values (@member, 'ada@example.com', 'Ada', 'hash');
            insert into access.membership (site_id, member_id, role) values (@site, @member, 'EDITOR')
            """,
            new { site, member });

        await connection.ExecuteAsync(Script("0002"));

        var members = await new MemberStore(database.DataSource).ListAsync(site, CancellationToken.None);
        Assert.Equal(("ada@example.com", "Ada", "EDITOR", "MEMBER"), members.Select(each => (each.Email, each.Name, each.Role, each.State)).Single());
        // Whoever was admin then chose the password, so the address counts as unproven.
        Assert.Equal(1, await connection.ExecuteScalarAsync<long>("select count(*) from access.member where password_hash = 'hash' and email_proven_at is null"));
    }

    static string Script(string number)
    {
        var assembly = typeof(AccessHost).Assembly;
        using var reader = new StreamReader(assembly.GetManifestResourceStream(
            assembly.GetManifestResourceNames().Single(name => name.Contains($".Migrations.{number}_", StringComparison.Ordinal)))!);
        return reader.ReadToEnd();
    }
}
