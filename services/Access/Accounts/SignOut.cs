using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Accounts;

/// <summary>Ends the session that calls.</summary>
public sealed class SignOut(NpgsqlDataSource database, AccountAudit audit, KnownCallers known)
{
    /// <exception cref="Refused">Reason NO_SESSION: the call was made with a key or a token.</exception>
    public async Task SignOutAsync(ClientOf client, CancellationToken ct)
    {
        if (client.SessionId is not { } id)
            throw new Refused("NO_SESSION", "This call was not made with a session, so there is none to end.");

        await database.InTransactionAsync(
            async transaction =>
            {
                if (await SessionStore.DeleteAsync(transaction, id, ct) is { } memberId)
                    await audit.WriteAsync(transaction, "DeleteSession", "session", memberId, client.Address, siteId: null, ct);
            },
            ct);
        known.Forget();
    }
}
