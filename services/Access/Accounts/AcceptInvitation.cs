using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Deliveries;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>
/// Creates an account for an invited person, with the name and password that the person chooses, and signs the person
/// in.
/// </summary>
public sealed class AcceptInvitation(
    NpgsqlDataSource database, InvitationStore invitations, SlowHashes hashes,
    PasswordSignIn passwordSignIn, BeginSession begin, AccountAudit audit, KnownCallers known)
{
    /// <returns>The first session of the account, with its token.</returns>
    /// <exception cref="InvalidInput">The token, the name or the password is invalid.</exception>
    /// <exception cref="Refused">Reason LINK_NOT_VALID or PASSWORD_SIGN_IN_OFF.</exception>
    /// <exception cref="AlreadyThere">Reason ACCOUNT_EXISTS.</exception>
    /// <exception cref="TooManyTries">Too many calls are waiting for a password to be hashed.</exception>
    public async Task<Proto.Session> AcceptAsync(Proto.AcceptInvitationRequest request, string address, CancellationToken ct)
    {
        Check.Text(request.Token, 1, Secret.MaxLength, "token");
        var name = Check.Name(request.Name.Trim(), "name");
        Check.Text(request.Password, 1, Passwords.MaxLength, "password");
        passwordSignIn.Check();
        var tokenHash = Secret.Hash(request.Token);
        var invitation = await invitations.FindAsync(tokenHash, ct) ?? throw FindInvitation.NotValid();
        Passwords.Check(request.Password, invitation.Email, "password");
        var passwordHash = await hashes.RunAsync(address, TimeSpan.Zero, () => Passwords.Hash(request.Password), ct);

        var memberId = Guid.CreateVersion7();
        await database.InTransactionAsync(
            async transaction =>
            {
                var taken = await InvitationStore.TakeAsync(transaction, tokenHash, ct) ?? throw FindInvitation.NotValid();
                // Only a delivered link proves the address; a link that was shown to the inviter proves nothing.
                var proven = taken.SentAt is not null;
                if (!await AccountStore.InsertAsync(transaction, memberId, taken.Email, name, passwordHash, proven, ct))
                    throw new AlreadyThere("ACCOUNT_EXISTS", "There is an account with this e-mail. Sign in to accept the invitation.");
                await MemberStore.JoinAsync(transaction, taken.SiteId, memberId, taken.Role, ct);
                await audit.WriteAsync(transaction, "AcceptInvitation", "member", memberId, address, taken.SiteId, ct);
            },
            ct);
        known.Forget();
        return await begin.BeginAsync(memberId, address, ct);
    }
}
