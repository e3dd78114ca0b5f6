using Journeys.Access.Auditing;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>
/// Creates the secret of an authenticator app. Sign-in requires codes only after a code has confirmed that the app has
/// the secret.
/// </summary>
public sealed class CreateAuthenticator(NpgsqlDataSource database, OwnPassword ownPassword, AccountAudit audit)
{
    public async Task<Proto.Authenticator> CreateAsync(string password, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(password, 1, Passwords.MaxLength, "password");
        var owner = await ownPassword.OwnerAsync(caller, ct);
        await ownPassword.RequireAsync(owner, password, "password", client, ct);

        var secret = OneTimeCodes.NewSecret();
        await database.InTransactionAsync(
            async transaction =>
            {
                if (!await AuthenticatorStore.InsertAsync(transaction, owner.MemberId, secret, ct))
                    throw ConfirmAuthenticator.IsOn();
                await audit.WriteAsync(transaction, "CreateAuthenticator", "account", owner.MemberId, client.Address, siteId: null, ct);
            },
            ct);
        return new() { Secret = OneTimeCodes.Text(secret), Uri = OneTimeCodes.Address(secret, owner.Email) };
    }
}
