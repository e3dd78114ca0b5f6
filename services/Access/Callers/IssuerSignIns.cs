using Journeys.Access.Auditing;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>Writes down who signed in through the issuer. There is no call for that: they come with a token that is newer than the last one.</summary>
public sealed class IssuerSignIns(NpgsqlDataSource database, KnownCallers known, TimeProvider time)
{
    // Browsers get new tokens every few minutes, and many issuers do not tell which of them began with a sign-in.
    static readonly TimeSpan Between = TimeSpan.FromHours(1);

    /// <param name="issued">For whom the issuer vouches.</param>
    /// <param name="identity">What is known of them; null when it was bound just now.</param>
    /// <param name="address">From where they call.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task RecordAsync(IssuedIdentity issued, IdentityRow? identity, string address, CancellationToken ct)
    {
        if (identity?.SignedInAt is { } last && issued.SignedInAt < last + Between)
            return;

        await database.InTransactionAsync(
            async transaction =>
            {
                // Of replicas and calls at once, one writes it.
                if (await IdentityStore.NoteSignInAsync(transaction, issued, Between, ct) is { } memberId)
                    await AccountAuditStore.InsertIssuerSignInAsync(transaction, memberId, time.GetUtcNow(), address, ct);
            },
            ct);
        known.Forget();
    }
}
