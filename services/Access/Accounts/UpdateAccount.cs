using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Changes a person's own name.</summary>
public sealed class UpdateAccount(NpgsqlDataSource database, MemberStore members, DescribeSession describe, AccountAudit audit)
{
    /// <returns>The caller's session with the new name.</returns>
    /// <exception cref="InvalidInput">The name is too short or too long.</exception>
    /// <exception cref="NotAllowed">The caller has no account.</exception>
    public async Task<Proto.Session> UpdateAsync(string nameGiven, ClientOf client, Caller caller, CancellationToken ct)
    {
        var name = Check.Name(nameGiven.Trim(), "name");
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members have an account; this call was made with a key, or you have not joined a site yet.");

        await database.InTransactionAsync(
            async transaction =>
            {
                await AccountStore.LockAsync(transaction, member.MemberId, ct);
                await MemberStore.RenameAsync(transaction, member.MemberId, name, ct);
                await AccountStore.RenameAsync(transaction, member.MemberId, name, ct);
                await audit.WriteAsync(transaction, "UpdateAccount", "account", member.MemberId, client.Address, siteId: null, ct);
            },
            ct);
        return await describe.DescribeAsync(caller, client, ct);
    }
}
