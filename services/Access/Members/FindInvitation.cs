using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Members;

/// <summary>Returns the invitation of a link.</summary>
public sealed class FindInvitation(InvitationStore invitations)
{
    public async Task<Proto.Invitation> FindAsync(string token, CancellationToken ct)
    {
        Check.Text(token, 1, Secret.MaxLength, "token");
        return (await invitations.FindAsync(Secret.Hash(token), ct) ?? throw NotValid()).ToProto();
    }

    /// <summary>Returns the refusal of a link that is not valid, for any reason.</summary>
    public static Refused NotValid() =>
        new Refused("LINK_NOT_VALID", "This link was used, revoked or replaced, or it has expired. Ask for a new one.");
}
