using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Members;

/// <summary>Creates a new link with a new expiry for an invited person. The old link stops working.</summary>
public sealed class RenewInvitation(
    NpgsqlDataSource database, Links links, InvitationLimit limit,
    Wake<DeliverLinks> wake, IOptions<AccessOptions> options, TimeProvider time)
{
    public async Task<Proto.Member> RenewAsync(Guid siteId, Guid invitationId, CancellationToken ct)
    {
        limit.Take(siteId);
        var expiresAt = time.GetUtcNow().AddDays(options.Value.InvitationDays);
        var token = links.AreDelivered ? null : Secret.New(Secret.Invitation);

        var row = await database.InTransactionAsync(
            async transaction =>
            {
                var hash = token is null ? null : Secret.Hash(token);
                var renewed = await InvitationStore.RenewAsync(transaction, siteId, invitationId, hash, expiresAt, ct)
                    ?? throw new NotFound("member", invitationId);
                if (token is null)
                    await DeliveryStore.AddInvitationAsync(transaction, invitationId, ct);
                return renewed;
            },
            ct);
        if (token is null)
            wake.Set();

        var answer = row.ToProto();
        answer.InvitationLink = token is null ? "" : links.Invitation(token);
        return answer;
    }
}
