using Journeys.BuildingBlocks;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Gateways;

/// <summary>Changes the own password, for who knows the old one. Everybody else who is signed in to the account is signed out.</summary>
public sealed class ChangePassword(
    NpgsqlDataSource database, AccountStore accounts, MemberStore members, PasswordSignIn passwordSignIn, SignInDelays delays,
    SlowHashes hashes, AccountAudit audit, KnownCallers known)
{
    public async Task ChangeAsync(Proto.ChangePasswordRequest request, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(request.OldPassword, 1, 256, "oldPassword");
        Check.Text(request.NewPassword, 1, 256, "newPassword");
        passwordSignIn.Check();
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members have a password; this is a key, or you have not joined a site yet.");
        if (member.PasswordHash is null)
            throw new Refused("NO_PASSWORD", "This account has no password yet. Ask for a link to set one on the sign-in page.");

        Passwords.Check(request.NewPassword, member.Email, "newPassword");
        var delay = delays.Begin(member.Email, client.Address);
        if (!await hashes.RunAsync(client.Address, delay, () => Passwords.Verify(member.PasswordHash, request.OldPassword), ct))
            throw new InvalidInput("oldPassword", "is not the password of this account.");

        delays.Succeed(member.Email, client.Address);
        var hash = await hashes.RunAsync(client.Address, TimeSpan.Zero, () => Passwords.Hash(request.NewPassword), ct);
        await database.InTransactionAsync(
            async transaction =>
            {
                await accounts.SetPasswordAsync(transaction, member.MemberId, hash, client.SessionId, ct);
                await audit.WriteAsync(transaction, "ChangePassword", "account", member.MemberId, client.Address, siteId: null, ct);
            },
            ct);
        known.Forget();
    }
}
