using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.Access.Sites;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos;
using Proto = Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access.Accounts;

/// <summary>Says who is calling, and on which sites they have which role.</summary>
public sealed class DescribeSession(CallerStore callers, MemberStore members, SiteStore sites, SessionStore sessions)
{
    /// <summary>Describes the caller: a session, an issuer's token or a key.</summary>
    public async Task<Proto.Session> DescribeAsync(Caller caller, ClientOf client, CancellationToken ct)
    {
        var session = client.SessionId is { } id ? await sessions.FindAsync(id, ct) : null;
        if (await members.FindAsync(Guid.Parse(caller.Subject), ct) is { } member)
            return await DescribeAsync(member, session, ct);
        if (client.Issued is { } issued)
            return new() { Member = new Proto.Member { Email = issued.Email } };

        var site = (await sites.ListAsync([caller.SiteId], ct)).Single();
        return new() { Memberships = { new Proto.Session.Types.Membership { Site = site.ToProto(), Role = caller.Role } } };
    }

    /// <summary>Returns a member's session.</summary>
    public async Task<Proto.Session> DescribeAsync(MemberRow member, SessionRow? session, CancellationToken ct)
    {
        var memberships = await callers.ListMembershipsAsync(member.MemberId, ct);
        var rows = (await sites.ListAsync([.. memberships.Select(each => each.SiteId)], ct)).ToDictionary(site => site.SiteId);
        return new()
        {
            CsrfToken = session is null ? "" : Csrf.TokenOf(session.TokenHash),
            ExpireTime = session?.ExpiresAt.ToProto(),
            Member = member.ToProto(),
            TwoFactor = member.HasAuthenticator,
            Memberships =
            {
                memberships.Select(each => new Proto.Session.Types.Membership
                {
                    Site = rows[each.SiteId].ToProto(),
                    Role = EnumText.Parse<Role>(each.Role),
                }),
            },
        };
    }
}
