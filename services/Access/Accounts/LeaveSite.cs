using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Removes the caller from a site at their own request. A site never loses its last admin.</summary>
public sealed class LeaveSite(NpgsqlDataSource database, DescribeSession describe, KnownCallers known)
{
    /// <returns>The caller's session without the site.</returns>
    /// <exception cref="NotFound">The caller is not a member of the site.</exception>
    /// <exception cref="Refused">Reason LAST_ADMIN.</exception>
    public async Task<Proto.Session> LeaveAsync(Guid siteId, ClientOf client, Caller caller, CancellationToken ct)
    {
        var memberId = Guid.Parse(caller.Subject);
        await database.InTransactionAsync(
            async transaction =>
            {
                // The lock serializes two last admins who leave at once.
                var locked = await MemberStore.LockAsync(transaction, siteId, ct);
                // A missing member is a key, or was just removed.
                var leaving = locked.FirstOrDefault(member => member.MemberId == memberId) ?? throw new NotFound("member", memberId);
                if (MemberRoles.IsLastAdmin(locked, leaving))
                    throw new Refused("LAST_ADMIN", MemberRoles.NeedsAnAdmin);

                await MemberStore.RemoveAsync(transaction, siteId, memberId, ct);
            },
            ct);
        known.Forget();
        return await describe.DescribeAsync(caller, client, ct);
    }
}
