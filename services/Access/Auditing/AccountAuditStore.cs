using Dapper;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Auditing;

/// <summary>
/// Stores in the audit log what people do with their own accounts, on each site of which they are members.
/// </summary>
public static class AccountAuditStore
{
    /// <summary>Stores what a member did with their own account, on each of their sites or on one of them.</summary>
    /// <param name="transaction">The transaction of the change, so that both are committed or neither.</param>
    /// <param name="row">The entry. The statement looks up the member and the sites.</param>
    /// <param name="email">The member's e-mail, when the id is not known.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task InsertAsync(NpgsqlTransaction transaction, AuditRow row, string? email, CancellationToken ct)
    {
        const string sql = $"""
            insert into access.audit ({AuditStore.Columns}, ended_at)
            select gen_random_uuid(), membership.site_id, @At, '{ActorKinds.Member}', member.member_id, member.email, @Action, @TargetKind,
                   case when @TargetKind = 'session' then '' else member.member_id::text end, @Address, @Outcome, @Reason, @At
            from access.member as member
            join access.membership as membership using (member_id)
            where (member.member_id = @memberId or member.email = @email) and (@siteId::uuid is null or membership.site_id = @siteId)
            """;

        var parameters = new DynamicParameters(row);
        parameters.Add("memberId", AuditStore.ToUuid(row.ActorId), System.Data.DbType.Guid);
        parameters.Add("email", email);
        parameters.Add("siteId", row.SiteId == Guid.Empty ? null : row.SiteId, System.Data.DbType.Guid);
        await transaction.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>
    /// Makes the transaction commit without waiting for the disk, so that its duration reveals nothing.
    /// </summary>
    public static Task DoNotWaitAsync(NpgsqlTransaction transaction, CancellationToken ct)
    {
        const string sql = "set local synchronous_commit to off";

        return transaction.ExecuteAsync(sql, null, ct);
    }

    /// <summary>Stores a sign-in through the issuer, on each site of the member.</summary>
    public static Task InsertIssuerSignInAsync(
        NpgsqlTransaction transaction, Guid memberId, DateTimeOffset now, string address, CancellationToken ct)
    {
        const string sql = $"""
            insert into access.audit ({AuditStore.Columns}, ended_at)
            select gen_random_uuid(), membership.site_id, @now, '{ActorKinds.Member}', member.member_id, member.email, 'IssuerSignIn', 'session', '', @address,
                   'OK', '', @now
            from access.member as member
            join access.membership as membership using (member_id)
            where member.member_id = @memberId
            """;

        return transaction.ExecuteAsync(sql, new { memberId, now, address }, ct);
    }
}
