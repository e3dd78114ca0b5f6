using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Deliveries;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>
/// Accepts an invitation with the signed-in account, because nobody joins a site without their own consent.
/// </summary>
public sealed class JoinSite(
    NpgsqlDataSource database, MemberStore members, DescribeSession describe, AccountAudit audit, KnownCallers known)
{
    /// <returns>The caller's session as it is with the site.</returns>
    /// <exception cref="InvalidInput">The token is empty or too long.</exception>
    /// <exception cref="NotAllowed">A key calls.</exception>
    /// <exception cref="Refused">Reason LINK_NOT_VALID or INVITATION_OF_ANOTHER.</exception>
    /// <exception cref="AlreadyThere">Reason ACCOUNT_EXISTS: the e-mail belongs to another identity.</exception>
    public async Task<Proto.Session> JoinAsync(string token, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(token, 1, Secret.MaxLength, "token");
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct);
        var email = member?.Email ?? client.Issued?.Email ?? throw new NotAllowed("Only members can join sites; this call was made with a key.");

        var memberId = await database.InTransactionAsync(
            async transaction =>
            {
                var invitation = await InvitationStore.TakeAsync(transaction, Secret.Hash(token), ct) ?? throw FindInvitation.NotValid();
                if (invitation.Email != email)
                    throw new Refused("INVITATION_OF_ANOTHER", $"This invitation is for {invitation.Email}, and you are {email}.");

                var id = member?.MemberId ?? await CreateAsync(transaction, invitation, client.Issued!, ct);
                if (invitation.SentAt is not null)
                    await AccountStore.ProveEmailAsync(transaction, id, ct);
                await MemberStore.JoinAsync(transaction, invitation.SiteId, id, invitation.Role, ct);
                await audit.WriteAsync(transaction, "JoinSite", "member", id, client.Address, invitation.SiteId, ct);
                return id;
            },
            ct);
        known.Forget();
        return await describe.DescribeAsync(caller with { Subject = memberId.ToString() }, client, ct);
    }

    // The issuer vouches for the address, so the account needs no password.
    static async Task<Guid> CreateAsync(NpgsqlTransaction transaction, InvitationRow invitation, IssuedIdentity issued, CancellationToken ct)
    {
        var memberId = Guid.CreateVersion7();
        if (!await AccountStore.InsertAsync(transaction, memberId, invitation.Email, invitation.Name, passwordHash: null, proven: true, ct)
            || !await IdentityStore.InsertAsync(transaction, issued, memberId, ct))
            throw new AlreadyThere("ACCOUNT_EXISTS", "An account with this e-mail exists already, and it is bound to another identity of the issuer.");

        return memberId;
    }
}
