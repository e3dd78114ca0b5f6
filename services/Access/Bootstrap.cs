using Journeys.Access.Accounts;
using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.Access.Sites;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Protos;
using Microsoft.Extensions.Options;
using Npgsql;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access;

/// <summary>
/// Creates the first site, its admin and its keys from `Access:Bootstrap`. Safe to repeat, also by several replicas at
/// once.
/// </summary>
public sealed class Bootstrap(NpgsqlDataSource database, IOptions<AccessOptions> options, ILogger<Bootstrap> logger)
    : IHostedService
{
    const int MinKeyLength = 32;
    const int MinDifferent = 10;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var wanted = options.Value.Bootstrap;
        if (wanted.SiteName.Length == 0)
            return;

        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await database.BeginAsync(connection, cancellationToken);
        var siteId = await EnsureSiteAsync(transaction, wanted, cancellationToken);
        await EnsureAdminAsync(transaction, siteId, wanted, cancellationToken);
        await EnsureKeyAsync(transaction, siteId, KeyKinds.Secret, MemberRoles.Admin, wanted.SecretKey, Secret.SecretKey, cancellationToken);
        await EnsureKeyAsync(transaction, siteId, KeyKinds.Publishable, Role.Person.Text(), wanted.PublishableKey, Secret.PublishableKey, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        logger.LogInformation("The site {SiteName} exists as {SiteId}", wanted.SiteName, siteId);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static Task<Guid> EnsureSiteAsync(NpgsqlTransaction transaction, BootstrapOptions wanted, CancellationToken ct) =>
        SiteStore.EnsureAsync(
            transaction, wanted.SiteName, UpdateSite.CheckUserTokenKey(wanted.UserTokenKey, "Access:Bootstrap:UserTokenKey"), ct);

    async Task EnsureAdminAsync(NpgsqlTransaction transaction, Guid siteId, BootstrapOptions wanted, CancellationToken ct)
    {
        if (wanted.AdminEmail.Length == 0)
            return;

        var email = Emails.Check(wanted.AdminEmail, "Access:Bootstrap:AdminEmail");
        var known = await AccountStore.LockAsync(transaction, email, ct);
        var memberId = known?.MemberId ?? Guid.CreateVersion7();
        if (known is null)
        {
            var passwordHash = options.Value.PasswordSignIn ? HashOf(wanted.AdminPassword, email) : null;
            // The operator configured the address, so it counts as proven.
            if (!await AccountStore.InsertAsync(transaction, memberId, email, "Administrator", passwordHash, proven: true, ct))
                throw new InvalidOperationException("An account with the e-mail of Access:Bootstrap:AdminEmail was created at the same moment. Start again.");
        }

        var joins = await MemberStore.JoinAsync(transaction, siteId, memberId, MemberRoles.Admin, ct);
        if (joins && known is { IsProven: false })
            await ClaimAsync(transaction, memberId, wanted, email, ct);
    }

    // Another person who only had a link may have set the password of this account, and would now be admin.
    async Task ClaimAsync(NpgsqlTransaction transaction, Guid memberId, BootstrapOptions wanted, string email, CancellationToken ct)
    {
        await AccountStore.ClaimAsync(transaction, memberId, ct);
        if (options.Value.PasswordSignIn)
            await AccountStore.SetPasswordAsync(transaction, memberId, HashOf(wanted.AdminPassword, email), keptSession: null, ct);
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
        if (secret.Length == 0)
            return;
        if (!secret.StartsWith(prefix, StringComparison.Ordinal))
            throw new InvalidInput($"Access:Bootstrap ({kind})", $"must begin with {prefix}.");
        // Attempts to guess a key are not slowed down like attempts to guess a password, so keys must be too long to be
        // guessed.
        if (secret.Length < prefix.Length + MinKeyLength || secret.Distinct().Count() < MinDifferent)
            throw new InvalidInput($"Access:Bootstrap ({kind})", $"must have at least {MinKeyLength} random characters after {prefix}.");

        var key = new KeyRow
        {
            KeyId = Guid.CreateVersion7(),
            SiteId = siteId,
            Kind = kind,
            Name = "first key",
            Prefix = Secret.Shown(secret),
            KeyHash = Secret.Hash(secret),
            Role = role,
        };
        await KeyStore.EnsureAsync(transaction, key, ct);
    }
}
