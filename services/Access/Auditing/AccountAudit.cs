using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Auditing;

/// <summary>Writes down what people do with their own accounts, on each site where they belong.</summary>
public sealed class AccountAudit(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>In the transaction that does it, so that both are there or neither.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="action">The name of the rpc.</param>
    /// <param name="targetKind">What was changed: `session`, `account` or `member`.</param>
    /// <param name="memberId">Who did it.</param>
    /// <param name="address">From where.</param>
    /// <param name="siteId">The only site that it concerns; null for all of theirs.</param>
    /// <param name="ct">Cancels the operation.</param>
    public Task WriteAsync(
        NpgsqlTransaction transaction, string action, string targetKind, Guid memberId, string address, Guid? siteId, CancellationToken ct)
    {
        var row = Row(action, targetKind, address) with { ActorId = memberId.ToString(), SiteId = siteId ?? Guid.Empty };
        return AccountAuditStore.InsertAsync(transaction, row, email: null, ct);
    }

    /// <summary>A wrong password. Of an e-mail that nobody has there is no site to tell, and nothing is written.</summary>
    public Task WriteFailedSignInAsync(string email, string address, CancellationToken ct)
    {
        var row = Row("CreateSession", "session", address) with { Outcome = AuditRow.Failed, Reason = "NOT_SIGNED_IN" };
        return database.InTransactionAsync(
            async transaction =>
            {
                // Waiting would tell by the time it takes which e-mails have accounts. A crash of PostgreSQL may lose the last half second.
                await AccountAuditStore.DoNotWaitAsync(transaction, ct);
                await AccountAuditStore.InsertAsync(transaction, row, email, ct);
            },
            ct);
    }

    AuditRow Row(string action, string targetKind, string address) => new()
    {
        At = time.GetUtcNow(),
        Action = action,
        TargetKind = targetKind,
        Address = ClientAddress.Network(address),
        Outcome = AuditRow.Ok,
    };
}
