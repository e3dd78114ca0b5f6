using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Gateways;

/// <summary>Begins, describes and ends sessions.</summary>
public sealed class SignIn(
    CallerStore callers, MemberStore members, SiteStore sites, SessionStore sessions, KnownCallers known,
    SignInThrottle throttle, Csrf csrf, IOptions<AccessOptions> options, TimeProvider time)
{
    public async Task<Proto.Session> SignInAsync(string emailGiven, string password, string address, CancellationToken ct)
    {
        var email = Check.Text(emailGiven, 1, 254, "email").ToLowerInvariant();
        Check.Text(password, 1, 256, "password");
        throttle.Check(email, address);

        var member = await callers.FindMemberAsync(email, ct);
        if (!Passwords.Verify(member?.PasswordHash, password))
        {
            throttle.CountFailure(email, address);
            throw new NotSignedIn("E-mail or password is wrong.");
        }

        var token = Secret.New(Secret.Session);
        var session = new SessionRow
        {
            SessionId = Guid.CreateVersion7(),
            MemberId = member!.MemberId,
            ExpiresAt = time.GetUtcNow().AddHours(options.Value.SessionHours),
        };
        await sessions.InsertAsync(session.SessionId, Secret.Hash(token), session.MemberId, session.ExpiresAt, ct);
        var answer = await DescribeAsync(member, session, ct);
        answer.Token = token;
        return answer;
    }

    /// <summary>Who is calling, by a session, an issuer's token or a key.</summary>
    public async Task<Proto.Session> DescribeAsync(Caller caller, Guid? sessionId, CancellationToken ct)
    {
        var session = sessionId is { } id ? await sessions.FindAsync(id, ct) : null;
        if (await members.FindAsync(Guid.Parse(caller.Subject), ct) is { } member)
            return await DescribeAsync(member, session, ct);

        var site = (await sites.ListAsync([caller.SiteId], ct)).Single();
        return new() { Memberships = { new Proto.Session.Types.Membership { Site = site.ToProto(), Role = caller.Role } } };
    }

    public async Task SignOutAsync(Guid? sessionId, CancellationToken ct)
    {
        if (sessionId is not { } id)
            throw new Refused("NO_SESSION", "This call was not made with a session, so there is none to end.");

        await sessions.DeleteAsync(id, ct);
        known.Forget();
    }

    async Task<Proto.Session> DescribeAsync(MemberRow member, SessionRow? session, CancellationToken ct)
    {
        var memberships = await callers.ListMembershipsAsync(member.MemberId, ct);
        var rows = (await sites.ListAsync([.. memberships.Select(each => each.SiteId)], ct)).ToDictionary(site => site.SiteId);
        return new()
        {
            CsrfToken = session is null ? "" : csrf.TokenOf(session.SessionId),
            ExpireTime = session?.ExpiresAt.ToProto(),
            Member = member.ToProto(),
            Memberships =
            {
                memberships.Select(each => new Proto.Session.Types.Membership { Site = rows[each.SiteId].ToProto(), Role = RoleNames.Parse(each.Role) }),
            },
        };
    }
}
