using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>`--remove-authenticator EMAIL`: the operator's help for somebody who has lost the app and the recovery codes.</summary>
public static class RemoveAuthenticatorCommand
{
    public const string Verb = "--remove-authenticator";

    /// <summary>Turns two-factor authentication off. Nothing is served.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string email, string[] args)
    {
        await using var app = GatewayApp.Create(args);
        var services = app.Services;
        var member = await services.GetRequiredService<CallerStore>().FindMemberAsync(Emails.Normal(email), CancellationToken.None);
        var isRemoved = member is not null && await services.GetRequiredService<NpgsqlDataSource>().InTransactionAsync(
            async transaction =>
            {
                if (!await AuthenticatorStore.DeleteAsync(transaction, member.MemberId, CancellationToken.None))
                    return false;

                await services.GetRequiredService<AccountAudit>().WriteAsync(
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
