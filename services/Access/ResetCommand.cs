using Journeys.Access.Deliveries;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Access;

/// <summary>
/// `--reset-password EMAIL`: the operator's command to reset a password where no links are delivered.
/// </summary>
public sealed class ResetCommand(
    NpgsqlDataSource database, Links links, IOptions<AccessOptions> options, TimeProvider time)
{
    public const string Verb = "--reset-password";

    /// <summary>
    /// Writes a link with which the owner of the account sets a new password, without starting the server.
    /// </summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string email, TextWriter output)
    {
        var token = Secret.New(Secret.PasswordReset);
        var expiresAt = time.GetUtcNow().AddMinutes(options.Value.PasswordResetMinutes);

        var found = await database.InTransactionAsync(
            transaction => PasswordResetStore.InsertAsync(
                transaction, Emails.Normal(email), Secret.Hash(token), mailed: false, expiresAt, CancellationToken.None),
            CancellationToken.None);
        if (!found)
        {
            await Console.Error.WriteLineAsync($"There is no account with the e-mail {email}.");
            return 1;
        }

        await output.WriteLineAsync(links.PasswordReset(token));
        await Console.Error.WriteLineAsync(
            $"Give this link to {email} and to nobody else. It works once, until {expiresAt:yyyy-MM-dd HH:mm} UTC."
            + (options.Value.PublicUrl.Length == 0 ? " Put the address of the dashboard in front of it, or set Access:PublicUrl to have it included." : ""));
        return 0;
    }
}
