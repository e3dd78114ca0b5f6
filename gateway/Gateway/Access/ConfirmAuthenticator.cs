using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>Turns two-factor authentication on, for who shows a code of the app. Everybody else who is signed in to the account is signed out.</summary>
public sealed class ConfirmAuthenticator(NpgsqlDataSource database, OwnPassword ownPassword, AccountAudit audit, KnownCallers known, TimeProvider time)
{
    /// <returns>The recovery codes, of which only hashes are kept.</returns>
    public async Task<string[]> ConfirmAsync(string code, ClientOf client, Caller caller, CancellationToken ct)
    {
        Check.Text(code, 1, 32, "code");
        var owner = await ownPassword.OwnerAsync(caller, ct);
        var recoveryCodes = OneTimeCodes.NewRecoveryCodes();
        await database.InTransactionAsync(
            async transaction =>
            {
                var authenticator = await AuthenticatorStore.LockAsync(transaction, owner.MemberId, ct)
                    ?? throw new Refused("NO_AUTHENTICATOR", "There is no authenticator to confirm. Create one first.");
                if (authenticator.IsConfirmed)
                    throw IsOn();

                var step = OneTimeCodes.StepOf(code.Trim(), authenticator.Secret, authenticator.UsedStep, time.GetUtcNow()) ?? throw SecondFactor.WrongCode();
                byte[][] hashes = [.. recoveryCodes.Select(OneTimeCodes.HashOfRecoveryCode)];
                await AuthenticatorStore.ConfirmAsync(transaction, owner.MemberId, step, hashes, client.SessionId, ct);
                await audit.WriteAsync(transaction, "ConfirmAuthenticator", "account", owner.MemberId, client.Address, siteId: null, ct);
            },
            ct);
        known.Forget();
        return recoveryCodes;
    }

    public static Refused IsOn() => new Refused("AUTHENTICATOR_EXISTS", "Two-factor authentication is on. Turn it off before you set up another app.");
}
