using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Deliveries;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Sets a new password by a link, without the old one. Ends all sessions of the account.</summary>
public sealed class ResetPassword(
    NpgsqlDataSource database, PasswordResetStore resets, PasswordSignIn passwordSignIn, SlowHashes hashes,
    AccountAudit audit, KnownCallers known)
{
    public async Task ResetAsync(Proto.ResetPasswordRequest request, string address, CancellationToken ct)
    {
        Check.Text(request.Token, 1, Secret.MaxLength, "token");
        Check.Text(request.Password, 1, Passwords.MaxLength, "password");
        passwordSignIn.Check();
        var tokenHash = Secret.Hash(request.Token);
        var reset = await resets.FindAsync(tokenHash, ct) ?? throw FindInvitation.NotValid();
        Passwords.Check(request.Password, reset.Email, "password");
        var hash = await hashes.RunAsync(address, TimeSpan.Zero, () => Passwords.Hash(request.Password), ct);

        await database.InTransactionAsync(
            async transaction =>
            {
                if (!await PasswordResetStore.TakeAsync(transaction, tokenHash, ct))
                    throw FindInvitation.NotValid();

                await AccountStore.SetPasswordAsync(transaction, reset.MemberId, hash, keptSession: null, ct);
                if (reset.Mailed)
                    await AccountStore.ProveEmailAsync(transaction, reset.MemberId, ct);
                await audit.WriteAsync(transaction, "ResetPassword", "account", reset.MemberId, address, siteId: null, ct);
            },
            ct);
        known.Forget();
    }
}
