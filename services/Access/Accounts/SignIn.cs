using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Members;
using Journeys.Access.Sites;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access.Accounts;

/// <summary>Begins, describes and ends sessions.</summary>
public sealed class SignIn(
    NpgsqlDataSource database, CallerStore callers, MemberStore members, SiteStore sites, SessionStore sessions, KnownCallers known,
    PasswordSignIn passwordSignIn, SecondFactor secondFactor, SignInDelays delays, SlowHashes hashes, AccountAudit audit, IOptions<AccessOptions> options, TimeProvider time)
{
    public async Task<Proto.Session> SignInAsync(Proto.CreateSessionRequest request, string address, CancellationToken ct)
    {
        var email = Emails.Normal(Check.Text(request.Email, 1, Emails.MaxLength, "email"));
        Check.Text(request.Password, 1, Passwords.MaxLength, "password");
        Check.Text(request.Code, 0, OneTimeCodes.MaxLength, "code");
        passwordSignIn.Check();
        var delay = delays.Begin(email, address);

        var member = await callers.FindMemberAsync(email, ct);
        if (!await hashes.RunAsync(address, delay, () => Passwords.Verify(member?.PasswordHash, request.Password), ct))
        {
            await audit.WriteFailedSignInAsync(email, address, ct);
            throw WrongPassword();
        }

        try
        {
            var hasCode = await secondFactor.RequireAsync(member!, request.Code, ct);
            delays.Succeed(email, address);
            return await BeginAsync(member!.MemberId, address, transaction => CheckAgainAsync(transaction, member, hasCode, ct), ct);
        }
        catch (Exception exception) when (exception is InvalidInput or NotSignedIn)
        {
            await audit.WriteFailedSignInAsync(email, address, ct);
            throw;
        }
    }

    /// <summary>Begins a session for a person who has just created this account.</summary>
    public Task<Proto.Session> BeginAsync(Guid memberId, string address, CancellationToken ct) =>
        BeginAsync(memberId, address, _ => Task.CompletedTask, ct);

    async Task<Proto.Session> BeginAsync(Guid memberId, string address, Func<NpgsqlTransaction, Task> check, CancellationToken ct)
    {
        var token = Secret.New(Secret.Session);
        var session = new SessionRow
        {
            SessionId = Guid.CreateVersion7(),
            TokenHash = Secret.Hash(token),
            MemberId = memberId,
            ExpiresAt = time.GetUtcNow().AddHours(options.Value.SessionHours),
        };
        await database.InTransactionAsync(
            async transaction =>
            {
                await check(transaction);
                await SessionStore.InsertAsync(transaction, session, ct);
                await audit.WriteAsync(transaction, "CreateSession", "session", memberId, address, siteId: null, ct);
            },
            ct);
        var answer = await DescribeAsync((await members.FindAsync(memberId, ct))!, session, ct);
        answer.Token = token;
        return answer;
    }

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

    public async Task SignOutAsync(ClientOf client, CancellationToken ct)
    {
        if (client.SessionId is not { } id)
            throw new Refused("NO_SESSION", "This call was not made with a session, so there is none to end.");

        await database.InTransactionAsync(
            async transaction =>
            {
                if (await SessionStore.DeleteAsync(transaction, id, ct) is { } memberId)
                    await audit.WriteAsync(transaction, "DeleteSession", "session", memberId, client.Address, siteId: null, ct);
            },
            ct);
        known.Forget();
    }

    // An attempt waits for its turn. Meanwhile the owner may have changed the password or turned on two-factor
    // authentication.
    static async Task CheckAgainAsync(NpgsqlTransaction transaction, MemberRow member, bool hasCode, CancellationToken ct)
    {
        if (await AccountStore.LockAsync(transaction, member.MemberId, ct) != member.PasswordHash)
            throw WrongPassword();
        if (!hasCode && await AuthenticatorStore.LockAsync(transaction, member.MemberId, ct) is { IsConfirmed: true })
            throw SecondFactor.CodeNeeded();
    }

    static NotSignedIn WrongPassword() => new("E-mail or password is wrong.");

    async Task<Proto.Session> DescribeAsync(MemberRow member, SessionRow? session, CancellationToken ct)
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
