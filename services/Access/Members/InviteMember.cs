using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Members;

/// <summary>
/// Invites a person to a site. Neither creates nor looks up an account, so it does not reveal who has one.
/// </summary>
public sealed class InviteMember(
    NpgsqlDataSource database, Links links, InvitationLimit limit,
    Wake<DeliverLinks> wake, IOptions<AccessOptions> options, TimeProvider time)
{
    public async Task<Proto.Member> InviteAsync(Caller caller, Guid siteId, Proto.CreateMemberRequest request, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var invitation = new InvitationRow
        {
            InvitationId = Guid.CreateVersion7(),
            SiteId = siteId,
            Email = Emails.Check(request.Email, "email"),
            Name = Check.OptionalName(request.Name, "name"),
            Role = MemberRoles.Check(request.Role),
            CreatedAt = now,
            ExpiresAt = now.AddDays(options.Value.InvitationDays),
        };
        limit.Take(siteId);
        // A delivered link is made when it is sent, so that it exists only in the mail.
        var token = links.AreDelivered ? null : Secret.New(Secret.Invitation);

        await database.InTransactionAsync(
            async transaction =>
            {
                var hash = token is null ? null : Secret.Hash(token);
                if (!await InvitationStore.InsertAsync(transaction, invitation, Guid.Parse(caller.Subject), hash, ct))
                    throw new AlreadyThere("MEMBER_EXISTS", $"{invitation.Email} is already a member, or already invited.");
                if (token is null)
                    await DeliveryStore.AddInvitationAsync(transaction, invitation.InvitationId, ct);
            },
            ct);
        if (token is null)
            wake.Set();
        return Answer(invitation, token);
    }

    Proto.Member Answer(InvitationRow invitation, string? token)
    {
        var row = new MemberRow
        {
            MemberId = invitation.InvitationId,
            Email = invitation.Email,
            Name = invitation.Name,
            Role = invitation.Role,
            State = MemberStates.Invited,
            CreatedAt = invitation.CreatedAt,
            ExpiresAt = invitation.ExpiresAt,
        };
        var answer = row.ToProto();
        answer.InvitationLink = token is null ? "" : links.Invitation(token);
        return answer;
    }
}
