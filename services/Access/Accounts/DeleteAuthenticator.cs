using Journeys.Access.Auditing;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Turns two-factor authentication off, given the password and a code.</summary>
public sealed class DeleteAuthenticator(NpgsqlDataSource database, OwnPassword ownPassword, SecondFactor secondFactor, AccountAudit audit)
{
    public async Task DeleteAsync(Proto.DeleteAuthenticatorRequest request, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(request.Password, 1, Passwords.MaxLength, "password");
        Check.Text(request.Code, 0, OneTimeCodes.MaxLength, "code");
        var owner = await ownPassword.OwnerAsync(caller, ct);
        await ownPassword.RequireAsync(owner, request.Password, "password", client, ct);
        var hasCode = await secondFactor.RequireAsync(owner, request.Code, ct);

        await database.InTransactionAsync(
            async transaction =>
            {
                // The authenticator may have been confirmed while this call waited for the slow hash.
                if (!hasCode && await AuthenticatorStore.LockAsync(transaction, owner.MemberId, ct) is { IsConfirmed: true })
                    throw SecondFactor.CodeNeeded();
                if (await AuthenticatorStore.DeleteAsync(transaction, owner.MemberId, ct))
                    await audit.WriteAsync(transaction, "DeleteAuthenticator", "account", owner.MemberId, client.Address, siteId: null, ct);
            },
            ct);
    }
}
