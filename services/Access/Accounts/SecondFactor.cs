using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Accounts;

/// <summary>
/// Requires a code of the authenticator app or a recovery code, for accounts that have an authenticator.
/// </summary>
public sealed class SecondFactor(NpgsqlDataSource database, SignInDelays delays, TimeProvider time)
{
    /// <summary>Returns when the code is right, and marks it as used.</summary>
    /// <returns>Whether a code was required.</returns>
    /// <exception cref="Refused">A code is required and missing.</exception>
    /// <exception cref="TooManyTries">
    /// There were too many wrong codes, from any address, because the sender already knows the password.
    /// </exception>
    /// <exception cref="InvalidInput">The code is wrong, or was used before.</exception>
    public async Task<bool> RequireAsync(MemberRow member, string codeGiven, CancellationToken ct)
    {
        if (!member.HasAuthenticator)
            return false;

        var code = codeGiven.Trim();
        if (code.Length == 0)
            throw CodeNeeded();

        // Thrown outside the transaction, because the transaction must commit the failure count.
        if (!await database.InTransactionAsync(transaction => IsRightAsync(transaction, member.MemberId, code, ct), ct))
            throw WrongCode();
        return true;
    }

    /// <exception cref="TooManyTries">The last wrong code of this authenticator was too recent.</exception>
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
        // Null when the authenticator was removed after the account was read.
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
