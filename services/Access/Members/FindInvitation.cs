using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Members;

/// <summary>Returns what the holder of a link is invited to.</summary>
public sealed class FindInvitation(InvitationStore invitations)
{
    public async Task<Proto.Invitation> FindAsync(string token, CancellationToken ct)
    {
        Check.Text(token, 1, Secret.MaxLength, "token");
        return (await invitations.FindAsync(Secret.Hash(token), ct) ?? throw NotValid()).ToProto();
    }

    /// <summary>The refusal of every link that does nothing, whatever the cause.</summary>
    public static Refused NotValid() =>
        new Refused("LINK_NOT_VALID", "This link was used, revoked or replaced, or it has expired. Ask for a new one.");
}
