using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Accounts;

/// <summary>Asks those who have an authenticator for its code, or for a recovery code.</summary>
public sealed class SecondFactor(NpgsqlDataSource database, SignInDelays delays, TimeProvider time)
{
    /// <summary>Returns when the code is right, and uses it up.</summary>
    /// <returns>Whether a code was asked for.</returns>
    /// <exception cref="Refused">A code is needed and there is none.</exception>
    /// <exception cref="TooManyTries">Too many wrong codes, from wherever: whoever sends them knows the password.</exception>
    /// <exception cref="InvalidInput">It is wrong, or was used.</exception>
    public async Task<bool> RequireAsync(MemberRow member, string codeGiven, CancellationToken ct)
    {
        if (!member.HasAuthenticator)
            return false;

        var code = codeGiven.Trim();
        if (code.Length == 0)
            throw CodeNeeded();

        // Thrown outside of the transaction, which has to keep what it counted.
        if (!await database.InTransactionAsync(transaction => IsRightAsync(transaction, member.MemberId, code, ct), ct))
            throw WrongCode();
        return true;
    }

    /// <exception cref="TooManyTries">The last wrong code of this authenticator came too short a time ago.</exception>
    public void RefuseTooManyTries(AuthenticatorRow known)
    {
        if (delays.WaitAfter(known.Failures) - known.SinceLastTry is var wait && wait > TimeSpan.Zero)
            throw new TooManyTries(wait);
    }

    public static Refused CodeNeeded() =>
        new Refused("CODE_NEEDED", "This account has two-factor authentication. Send the code that the authenticator app shows, or a recovery code, too.");

    public static InvalidInput WrongCode() => new("code", "is wrong, was used before or has expired.");

    async Task<bool> IsRightAsync(NpgsqlTransaction transaction, Guid memberId, string code, CancellationToken ct)
    {
        // Null: it was removed since the account was read.
        if (await AuthenticatorStore.LockAsync(transaction, memberId, ct) is not { } known)
            return true;
        RefuseTooManyTries(known);
        var step = OneTimeCodes.StepOf(code, known.Secret, known.UsedStep, time.GetUtcNow());
        if (step is null && !await AuthenticatorStore.TakeRecoveryCodeAsync(transaction, memberId, OneTimeCodes.HashOfRecoveryCode(code), ct))
        {
            await AuthenticatorStore.FailAsync(transaction, memberId, ct);
            return false;
        }

        await AuthenticatorStore.SucceedAsync(transaction, memberId, step ?? 0, ct);
        return true;
    }
}
