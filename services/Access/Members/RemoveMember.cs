using Journeys.Access.Callers;
using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Members;

/// <summary>Removes a member from a site, or revokes an invitation. A site never loses its last admin.</summary>
public sealed class RemoveMember(NpgsqlDataSource database, KnownCallers known)
{
    public async Task RemoveAsync(Guid siteId, Guid id, CancellationToken ct)
    {
        await database.InTransactionAsync(
            async transaction =>
            {
                var locked = await MemberStore.LockAsync(transaction, siteId, ct);
                if (locked.FirstOrDefault(each => each.MemberId == id) is { } member)
                {
                    MemberRoles.KeepAnAdmin(locked, member);
                    await MemberStore.RemoveAsync(transaction, siteId, id, ct);
                }
                else if (!await InvitationStore.DeleteAsync(transaction, siteId, id, ct))
                {
                    throw new NotFound("member", id);
                }
            },
            ct);
        known.Forget();
    }
}
