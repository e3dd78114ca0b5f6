using Journeys.Access.Auditing;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>
/// Binds a subject of the issuer, once, to the account with its verified e-mail. Afterwards the e-mail is not used any
/// more.
/// </summary>
public sealed class LinkIdentity(
    NpgsqlDataSource database, AccountAudit audit, KnownCallers known, ILogger<LinkIdentity> logger)
{
    /// <returns>The account; null when there is none, or when it belongs to another subject.</returns>
    public async Task<Guid?> LinkAsync(IssuedIdentity issued, string address, CancellationToken ct)
    {
        if (issued.Email.Length == 0)
            return null;

        var linked = await database.InTransactionAsync(
            async transaction =>
            {
                if (await AccountStore.LockAsync(transaction, issued.Email, ct) is not { } account)
                    return (Guid?)null;
                if (!await IdentityStore.InsertAsync(transaction, issued, account.MemberId, ct))
                {
                    // Another call or replica may have bound the same subject meanwhile.
                    if (await IdentityStore.FindAsync(transaction, issued, ct) is { } bound)
                        return bound;
                    logger.LogWarning("Account {MemberId} belongs to another subject of {Issuer}", account.MemberId, issued.Issuer);
                    return null;
                }

                // An admin, or another person who only had the link, may have set the password of this account.
                if (!account.IsProven)
                {
                    await AccountStore.ClaimAsync(transaction, account.MemberId, ct);
                    await audit.WriteAsync(transaction, "ClaimAccount", "account", account.MemberId, address, siteId: null, ct);
                }

                logger.LogInformation("Account {MemberId} is bound to a subject of {Issuer}", account.MemberId, issued.Issuer);
                return account.MemberId;
            },
            ct);
        if (linked is not null)
            known.Forget();
        return linked;
    }
}
