using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.TwoFactor;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access;

/// <summary>
/// `--remove-authenticator EMAIL`: the operator's command for a person who has lost the app and the recovery codes.
/// </summary>
public sealed class RemoveAuthenticatorCommand(NpgsqlDataSource database, CallerStore callers, AccountAudit audit)
{
    public const string Verb = "--remove-authenticator";

    /// <summary>Turns two-factor authentication off for an account, without starting the server.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string email)
    {
        var member = await callers.FindMemberAsync(Emails.Normal(email), CancellationToken.None);
        var isRemoved = member is not null && await database.InTransactionAsync(
            async transaction =>
            {
                if (!await AuthenticatorStore.DeleteAsync(transaction, member.MemberId, CancellationToken.None))
                    return false;

                await audit.WriteAsync(
                    transaction, "DeleteAuthenticator", "account", member.MemberId, address: "", siteId: null, CancellationToken.None);
                return true;
            },
            CancellationToken.None);

        await Console.Error.WriteLineAsync(isRemoved
            ? $"{email} signs in with the password alone now. Make sure that it was its owner who asked."
            : $"There is no account with the e-mail {email} that has an authenticator.");
        return isRemoved ? 0 : 1;
    }
}
