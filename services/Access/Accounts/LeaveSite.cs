using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Takes the caller out of a site, by their own decision. A site never loses its last admin.</summary>
public sealed class LeaveSite(NpgsqlDataSource database, SignIn signIn, KnownCallers known)
{
    /// <returns>The caller's session as it is without the site.</returns>
    public async Task<Proto.Session> LeaveAsync(Guid siteId, ClientOf client, Caller caller, CancellationToken ct)
    {
        var memberId = Guid.Parse(caller.Subject);
        await database.InTransactionAsync(
            async transaction =>
            {
                // The lock makes two last admins who leave at once wait for each other.
                var locked = await MemberStore.LockAsync(transaction, siteId, ct);
                // A key, or somebody who was just removed.
                var leaving = locked.FirstOrDefault(member => member.MemberId == memberId) ?? throw new NotFound("member", memberId);
                if (MemberRoles.IsLastAdmin(locked, leaving))
                    throw new Refused("LAST_ADMIN", MemberRoles.NeedsAnAdmin);

                await MemberStore.RemoveAsync(transaction, siteId, memberId, ct);
            },
            ct);
        known.Forget();
        return await signIn.DescribeAsync(caller, client, ct);
    }
}
