using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>`--reset-password EMAIL`: the operator's way to give somebody a new password where nothing delivers links.</summary>
public static class ResetCommand
{
    public const string Verb = "--reset-password";

    /// <summary>Writes a link with which the owner of the account sets a new password. Nothing is served.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string email, string[] args, TextWriter output)
    {
        await using var app = GatewayApp.Create(args);
        var services = app.Services;
        var options = services.GetRequiredService<IOptions<AccessOptions>>().Value;
        var token = Secret.New(Secret.PasswordReset);
        var expiresAt = services.GetRequiredService<TimeProvider>().GetUtcNow().AddMinutes(options.PasswordResetMinutes);

        var found = await services.GetRequiredService<NpgsqlDataSource>().InTransactionAsync(
            transaction => services.GetRequiredService<PasswordResetStore>().InsertAsync(
                transaction, Emails.Normal(email), Secret.Hash(token), mailed: false, expiresAt, CancellationToken.None),
            CancellationToken.None);
        if (!found)
        {
            await Console.Error.WriteLineAsync($"There is no account with the e-mail {email}.");
            return 1;
        }

        await output.WriteLineAsync(services.GetRequiredService<Links>().PasswordReset(token));
        await Console.Error.WriteLineAsync(
            $"Give this link to {email} and to nobody else. It works once and until {expiresAt:yyyy-MM-dd HH:mm} UTC."
            + (options.PublicUrl.Length == 0 ? " Put the address of the dashboard before it; with Access:PublicUrl it is there." : ""));
        return 0;
    }
}
