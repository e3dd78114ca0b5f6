using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Npgsql;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access.Accounts;

/// <summary>Signs a person in who has a password, and a code where their account asks for one.</summary>
public sealed class SignIn(
    CallerStore callers, PasswordSignIn passwordSignIn, SecondFactor secondFactor, SignInDelays delays, SlowHashes hashes,
    BeginSession begin, AccountAudit audit)
{
    /// <returns>The new session, with its token.</returns>
    /// <exception cref="InvalidInput">A field is invalid, or the code is wrong.</exception>
    /// <exception cref="NotSignedIn">The e-mail or the password is wrong.</exception>
    /// <exception cref="Refused">Reason CODE_NEEDED, or PASSWORD_SIGN_IN_OFF.</exception>
    /// <exception cref="TooManyTries">There were too many wrong passwords or codes.</exception>
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
            return await begin.BeginAsync(
                member!.MemberId, address, transaction => CheckAgainAsync(transaction, member, hasCode, ct), ct);
        }
        catch (Exception exception) when (exception is InvalidInput or NotSignedIn)
        {
            await audit.WriteFailedSignInAsync(email, address, ct);
            throw;
        }
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
}
