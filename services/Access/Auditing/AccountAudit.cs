using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Auditing;

/// <summary>
/// Records in the audit log what people do with their own accounts, on each site of which they are members.
/// </summary>
public sealed class AccountAudit(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Writes the entry in the transaction of the change, so that both are committed or neither.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="action">The name of the rpc.</param>
    /// <param name="targetKind">The kind of object that was changed: `session`, `account` or `member`.</param>
    /// <param name="memberId">The member who made the change.</param>
    /// <param name="address">The address of the client.</param>
    /// <param name="siteId">The only site that the change concerns; null for all sites of the member.</param>
    /// <param name="ct">Cancels the operation.</param>
    public Task WriteAsync(
        NpgsqlTransaction transaction, string action, string targetKind, Guid memberId, string address, Guid? siteId, CancellationToken ct)
    {
        var row = Row(action, targetKind, address) with { ActorId = memberId.ToString(), SiteId = siteId ?? Guid.Empty };
        return AccountAuditStore.InsertAsync(transaction, row, email: null, ct);
    }

    /// <summary>
    /// Records a wrong password. Writes nothing for an e-mail without an account, because it belongs to no site.
    /// </summary>
    public Task WriteFailedSignInAsync(string email, string address, CancellationToken ct)
    {
        var row = Row("CreateSession", "session", address) with { Outcome = AuditRow.Failed, Reason = "NOT_SIGNED_IN" };
        return database.InTransactionAsync(
            async transaction =>
            {
                // Waiting for the disk would reveal by the response time which e-mails have accounts. A crash of
                // PostgreSQL can lose the last half second.
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
