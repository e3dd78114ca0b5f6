using Dapper;
using Journeys.Access.Accounts;
using Journeys.Access.Callers;
using Journeys.Access.Sites;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Access;

/// <summary>Creates the first site, its admin and its keys from `Access:Bootstrap`. Safe to repeat, also by replicas at once.</summary>
public sealed class Bootstrap(
    NpgsqlDataSource database, IdentityStore identities, AccountStore accounts, IOptions<AccessOptions> options, ILogger<Bootstrap> logger) : IHostedService
{
    const int MinKeyLength = 32;
    const int MinDifferent = 10;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var wanted = options.Value.Bootstrap;
        if (wanted.SiteName.Length == 0)
            return;

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var siteId = await EnsureSiteAsync(transaction, wanted, cancellationToken);
        await EnsureAdminAsync(transaction, siteId, wanted, cancellationToken);
        await EnsureKeyAsync(transaction, siteId, "SECRET", "ADMIN", wanted.SecretKey, Secret.SecretKey, cancellationToken);
        await EnsureKeyAsync(transaction, siteId, "PUBLISHABLE", "PERSON", wanted.PublishableKey, Secret.PublishableKey, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        logger.LogInformation("The site {SiteName} exists as {SiteId}", wanted.SiteName, siteId);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static async Task<Guid> EnsureSiteAsync(NpgsqlTransaction transaction, BootstrapOptions wanted, CancellationToken ct)
    {
        // Names need not be unique, so a lock keeps two starters from both creating it.
        const string sql = """
            select pg_advisory_xact_lock(hashtext('journeys.bootstrap'));
            insert into access.site (site_id, name, require_user_token, user_token_key)
            select @siteId, @name, @userTokenKey <> '', nullif(@userTokenKey, '')
            where not exists (select from access.site where name = @name);
            select site_id from access.site where name = @name order by created_at limit 1
            """;

        var userTokenKey = UpdateSite.CheckUserTokenKey(wanted.UserTokenKey, "Access:Bootstrap:UserTokenKey");
        await using var results = await transaction.Connection!.QueryMultipleAsync(new CommandDefinition(
            sql, new { siteId = Guid.CreateVersion7(), name = wanted.SiteName, userTokenKey }, transaction, cancellationToken: ct));
        await results.ReadAsync();
        return await results.ReadSingleAsync<Guid>();
    }

    async Task EnsureAdminAsync(NpgsqlTransaction transaction, Guid siteId, BootstrapOptions wanted, CancellationToken ct)
    {
        // The operator says whose address it is, so it counts as proven.
        const string insert = """
            insert into access.member (member_id, email, name, password_hash, email_proven_at)
            values (@memberId, @email, 'Administrator', @passwordHash, now())
            """;
        const string join = """
            insert into access.membership (site_id, member_id, role, name)
            select @siteId, member_id, 'ADMIN', name
            from access.member
            where member_id = @memberId
            on conflict do nothing
            """;

        if (wanted.AdminEmail.Length == 0)
            return;

        var connection = transaction.Connection!;
        var email = Emails.Check(wanted.AdminEmail, "Access:Bootstrap:AdminEmail");
        var known = await identities.LockAccountAsync(transaction, email, ct);
        var memberId = known?.MemberId ?? Guid.CreateVersion7();
        if (known is null)
        {
            var passwordHash = options.Value.PasswordSignIn ? HashOf(wanted.AdminPassword, email) : null;
            await connection.ExecuteAsync(new CommandDefinition(insert, new { memberId, email, passwordHash }, transaction, cancellationToken: ct));
        }

        var joins = await connection.ExecuteAsync(new CommandDefinition(join, new { siteId, memberId }, transaction, cancellationToken: ct)) > 0;
        if (joins && known is { IsProven: false })
            await ClaimAsync(transaction, memberId, wanted, email, ct);
    }

    // Somebody who only had a link may have chosen the password of this address, and would be admin now.
    async Task ClaimAsync(NpgsqlTransaction transaction, Guid memberId, BootstrapOptions wanted, string email, CancellationToken ct)
    {
        await identities.ClaimAsync(transaction, memberId, ct);
        if (options.Value.PasswordSignIn)
            await accounts.SetPasswordAsync(transaction, memberId, HashOf(wanted.AdminPassword, email), keptSession: null, ct);
        logger.LogWarning("The admin's account {MemberId} existed already and its address was never verified: it now has the configured password", memberId);
    }

    static string HashOf(string password, string email)
    {
        Passwords.Check(password, email, "Access:Bootstrap:AdminPassword");
        return Passwords.Hash(password);
    }

    static async Task EnsureKeyAsync(
        NpgsqlTransaction transaction, Guid siteId, string kind, string role, string secret, string prefix, CancellationToken ct)
    {
        const string sql = """
            insert into access.key (key_id, site_id, kind, name, prefix, key_hash, role)
            values (@keyId, @siteId, @kind, 'first key', @shown, @hash, @role)
            on conflict (key_hash) do nothing
            """;

        if (secret.Length == 0)
            return;
        if (!secret.StartsWith(prefix, StringComparison.Ordinal))
            throw new InvalidInput($"Access:Bootstrap ({kind})", $"must begin with {prefix}.");
        // Keys are not guessed slowly like passwords, so they must be too long to be guessed.
        if (secret.Length < prefix.Length + MinKeyLength || secret.Distinct().Count() < MinDifferent)
            throw new InvalidInput($"Access:Bootstrap ({kind})", $"must have at least {MinKeyLength} random characters after {prefix}.");

        var key = new { keyId = Guid.CreateVersion7(), siteId, kind, shown = Secret.Shown(secret), hash = Secret.Hash(secret), role };
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, key, transaction, cancellationToken: ct));
    }
}
