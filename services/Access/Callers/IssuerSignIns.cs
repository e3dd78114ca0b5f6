using Journeys.Access.Auditing;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>
/// Records sign-ins through the issuer. There is no call for a sign-in: it shows in a token that is newer than the last
/// one.
/// </summary>
public sealed class IssuerSignIns(NpgsqlDataSource database, KnownCallers known, TimeProvider time)
{
    // Browsers get new tokens every few minutes, and many issuers do not say which of them began with a sign-in.
    static readonly TimeSpan Between = TimeSpan.FromHours(1);

    /// <param name="issued">The issuer's identity.</param>
    /// <param name="identity">The stored identity; null when it was bound just now.</param>
    /// <param name="address">The client's address.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task RecordAsync(IssuedIdentity issued, IdentityRow? identity, string address, CancellationToken ct)
    {
        if (identity?.SignedInAt is { } last && issued.SignedInAt < last + Between)
            return;

        await database.InTransactionAsync(
            async transaction =>
            {
                // Among concurrent replicas and calls, only one records the sign-in.
                if (await IdentityStore.NoteSignInAsync(transaction, issued, Between, ct) is { } memberId)
                    await AccountAuditStore.InsertIssuerSignInAsync(transaction, memberId, time.GetUtcNow(), address, ct);
            },
            ct);
        known.Forget();
    }
}
