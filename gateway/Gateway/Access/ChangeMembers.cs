using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways;

/// <summary>Adds, changes and removes members of a site. A site never loses its last admin.</summary>
public sealed class ChangeMembers(NpgsqlDataSource database, MemberStore store, KnownCallers known, IOptions<AccessOptions> options)
{
    public async Task<Proto.Member> AddAsync(Guid siteId, Proto.CreateMemberRequest request, CancellationToken ct)
    {
        var email = CheckEmail(request.Email);
        var name = Check.Text(request.Name, 0, 255, "name");
        var role = CheckRole(request.Role);
        var hash = request.Password.Length > 0 ? Passwords.Hash(request.Password, "password") : null;

        await database.InTransactionAsync(
            async transaction =>
            {
                var (memberId, created) = await store.EnsureAsync(transaction, email, name, hash, ct);
                if (created && hash is null && options.Value.Oidc.Authority.Length == 0)
                    throw new InvalidInput("password", "is required for a new member.");
                if (!await store.JoinAsync(transaction, siteId, memberId, role, ct))
                    throw new AlreadyThere("MEMBER_EXISTS", $"{email} is a member already.");
            },
            ct);
        known.Forget();
        return (await store.ListAsync(siteId, ct)).Single(member => member.Email == email).ToProto();
    }

    public async Task<Proto.Member> UpdateAsync(Guid siteId, Proto.UpdateMemberRequest request, CancellationToken ct)
    {
        var memberId = Check.Uuid(request.Id, "id");
        var name = request.HasName ? Check.Text(request.Name, 0, 255, "name") : null;
        var role = request.HasRole ? CheckRole(request.Role) : null;
        var hash = request.HasPassword ? Passwords.Hash(request.Password, "password") : null;

        await database.InTransactionAsync(
            async transaction =>
            {
                var members = await store.LockAsync(transaction, siteId, ct);
                if (role is not (null or "ADMIN"))
                    KeepAnAdmin(members, memberId);
                if (hash is not null)
                    await CheckOwnsPasswordAsync(transaction, siteId, memberId, ct);
                Find(members, memberId);
                await store.UpdateAsync(transaction, siteId, memberId, name, role, hash, ct);
            },
            ct);
        known.Forget();
        return Find(await store.ListAsync(siteId, ct), memberId).ToProto();
    }

    public async Task RemoveAsync(Guid siteId, Guid memberId, CancellationToken ct)
    {
        await database.InTransactionAsync(
            async transaction =>
            {
                var members = await store.LockAsync(transaction, siteId, ct);
                Find(members, memberId);
                KeepAnAdmin(members, memberId);
                await store.RemoveAsync(transaction, siteId, memberId, ct);
            },
            ct);
        known.Forget();
    }

    // Else the admin of one site could take over a person's access to another.
    async Task CheckOwnsPasswordAsync(NpgsqlTransaction transaction, Guid siteId, Guid memberId, CancellationToken ct)
    {
        if (await store.BelongsElsewhereAsync(transaction, siteId, memberId, ct))
            throw new Refused("MEMBER_OF_OTHER_SITES", "The password of a member of several sites cannot be set by the admin of one.");
    }

    static MemberRow Find(IReadOnlyList<MemberRow> members, Guid memberId) =>
        members.FirstOrDefault(member => member.MemberId == memberId) ?? throw new NotFound("member", memberId);

    static void KeepAnAdmin(IReadOnlyList<MemberRow> members, Guid leaving)
    {
        if (Find(members, leaving).Role == "ADMIN" && members.Count(member => member.Role == "ADMIN") == 1)
            throw new Refused("LAST_ADMIN", "The last admin of a site stays its admin.");
    }

    static string CheckRole(Role role) =>
        role is Role.Viewer or Role.Editor or Role.Admin ? role.Text() : throw new InvalidInput("role", "must be VIEWER, EDITOR or ADMIN.");

    static string CheckEmail(string email)
    {
        var text = Check.Text(email, 3, 254, "email").ToLowerInvariant();
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == text.LastIndexOf('@') && at < text.Length - 1 && !text.Any(sign => char.IsControl(sign) || char.IsWhiteSpace(sign))
            ? text
            : throw new InvalidInput("email", "must be an e-mail address.");
    }
}
