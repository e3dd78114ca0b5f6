using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Changes the caller's own password, given the old one. Ends all other sessions of the account.</summary>
public sealed class ChangePassword(
    NpgsqlDataSource database, OwnPassword ownPassword, SlowHashes hashes, AccountAudit audit, KnownCallers known)
{
    public async Task ChangeAsync(Proto.ChangePasswordRequest request, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(request.OldPassword, 1, Passwords.MaxLength, "oldPassword");
        Check.Text(request.NewPassword, 1, Passwords.MaxLength, "newPassword");
        var owner = await ownPassword.OwnerAsync(caller, ct);
        Passwords.Check(request.NewPassword, owner.Email, "newPassword");
        await ownPassword.RequireAsync(owner, request.OldPassword, "oldPassword", client, ct);

        var hash = await hashes.RunAsync(client.Address, TimeSpan.Zero, () => Passwords.Hash(request.NewPassword), ct);
        await database.InTransactionAsync(
            async transaction =>
            {
                // The password may have changed while this call waited for the slow hash.
                if (await AccountStore.LockAsync(transaction, owner.MemberId, ct) != owner.PasswordHash)
                    throw OwnPassword.Wrong("oldPassword");

                await AccountStore.SetPasswordAsync(transaction, owner.MemberId, hash, client.SessionId, ct);
                await audit.WriteAsync(transaction, "ChangePassword", "account", owner.MemberId, client.Address, siteId: null, ct);
            },
            ct);
        known.Forget();
    }
}
