using Journeys.Access.Callers;
using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Members;

/// <summary>
/// Changes the name or role of a member or an invited person on one site. The account and other sites stay unchanged.
/// </summary>
public sealed class UpdateMember(NpgsqlDataSource database, MemberStore members, KnownCallers known)
{
    public async Task<Proto.Member> UpdateAsync(Guid siteId, Proto.UpdateMemberRequest request, CancellationToken ct)
    {
        var id = Check.Uuid(request.Id, "id");
        var name = request.HasName ? Check.OptionalName(request.Name, "name") : null;
        var role = request.HasRole ? MemberRoles.Check(request.Role) : null;

        await database.InTransactionAsync(
            async transaction =>
            {
                var locked = await MemberStore.LockAsync(transaction, siteId, ct);
                if (locked.FirstOrDefault(each => each.MemberId == id) is not { } member)
                {
                    if (!await InvitationStore.UpdateAsync(transaction, siteId, id, name, role, ct))
                        throw new NotFound("member", id);
                    return;
                }

                if (role is not null && role != MemberRoles.Admin)
                    MemberRoles.KeepAnAdmin(locked, member);
                await MemberStore.UpdateAsync(transaction, siteId, id, name, role, ct);
            },
            ct);
        known.Forget();
        return (await members.ListAsync(siteId, ct)).FirstOrDefault(member => member.MemberId == id)?.ToProto() ?? throw new NotFound("member", id);
    }
}
