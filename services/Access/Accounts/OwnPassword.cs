using Journeys.Access.Members;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;

namespace Journeys.Access.Accounts;

/// <summary>Requires the caller's own password again, before changes that a stolen session must not make.</summary>
public sealed class OwnPassword(MemberStore members, PasswordSignIn passwordSignIn, SignInDelays delays, SlowHashes hashes)
{
    /// <summary>Returns the caller's account, which has a password.</summary>
    public async Task<MemberRow> OwnerAsync(Caller caller, CancellationToken ct)
    {
        passwordSignIn.Check();
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members have a password; this call was made with a key, or you have not joined a site yet.");
        return member.PasswordHash is not null
            ? member
            : throw new Refused("NO_PASSWORD", "This account has no password yet. Ask for a link to set one on the sign-in page.");
    }

    /// <exception cref="InvalidInput">The password is wrong.</exception>
    /// <exception cref="TooManyTries">There were too many wrong passwords.</exception>
    public async Task RequireAsync(MemberRow owner, string password, string field, ClientOf client, CancellationToken ct)
    {
        var delay = delays.Begin(owner.Email, client.Address);
        if (!await hashes.RunAsync(client.Address, delay, () => Passwords.Verify(owner.PasswordHash, password), ct))
            throw Wrong(field);

        delays.Succeed(owner.Email, client.Address);
    }

    public static InvalidInput Wrong(string field) => new(field, "is not the password of this account.");
}
