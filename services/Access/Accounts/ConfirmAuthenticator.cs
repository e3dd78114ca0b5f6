using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Npgsql;

namespace Journeys.Access.Accounts;

/// <summary>Turns two-factor authentication on, given a code of the app. Ends all other sessions of the account.</summary>
public sealed class ConfirmAuthenticator(NpgsqlDataSource database, OwnPassword ownPassword, SecondFactor secondFactor, AccountAudit audit, KnownCallers known, TimeProvider time)
{
    /// <returns>The recovery codes, of which only hashes are stored.</returns>
    public async Task<string[]> ConfirmAsync(string code, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(code, 1, OneTimeCodes.MaxLength, "code");
        var owner = await ownPassword.OwnerAsync(caller, ct);
        var recoveryCodes = OneTimeCodes.NewRecoveryCodes();
        // Thrown outside the transaction, because the transaction must commit the failure count.
        if (!await database.InTransactionAsync(transaction => IsConfirmedAsync(transaction, owner.MemberId, code.Trim(), recoveryCodes, client, ct), ct))
            throw SecondFactor.WrongCode();
        known.Forget();
        return recoveryCodes;
    }

    async Task<bool> IsConfirmedAsync(
        NpgsqlTransaction transaction, Guid memberId, string code, string[] recoveryCodes, ClientOf client, CancellationToken ct)
    {
        await AccountStore.LockAsync(transaction, memberId, ct);
        var authenticator = await AuthenticatorStore.LockAsync(transaction, memberId, ct)
            ?? throw new Refused("NO_AUTHENTICATOR", "There is no authenticator to confirm, or it was created more than an hour ago. Create one first.");
        if (authenticator.IsConfirmed)
            throw IsOn();

        secondFactor.RefuseTooManyTries(authenticator);
        if (OneTimeCodes.StepOf(code, authenticator.Secret, authenticator.UsedStep, time.GetUtcNow()) is not { } step)
        {
            await AuthenticatorStore.FailAsync(transaction, memberId, ct);
            return false;
        }

        byte[][] hashes = [.. recoveryCodes.Select(OneTimeCodes.HashOfRecoveryCode)];
        await AuthenticatorStore.ConfirmAsync(transaction, memberId, step, hashes, ct);
        await SessionStore.EndAsync(transaction, memberId, client.SessionId, ct);
        await audit.WriteAsync(transaction, "ConfirmAuthenticator", "account", memberId, client.Address, siteId: null, ct);
        return true;
    }

    public static Refused IsOn() => new Refused("AUTHENTICATOR_EXISTS", "Two-factor authentication is on. Turn it off before you set up another app.");
}
