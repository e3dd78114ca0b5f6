using Dapper;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Auditing;

/// <summary>Writes what people do with their own accounts to the audit log of each site where they belong.</summary>
public static class AccountAuditStore
{
    /// <summary>Writes what a member did with their own account, on each site where they belong, or on one of them.</summary>
    /// <param name="transaction">The one that does it, so that both are there or neither.</param>
    /// <param name="row">What was done; who, and on which sites, is looked up.</param>
    /// <param name="email">Who, where only the e-mail is known.</param>
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

    /// <summary>Lets a transaction commit without waiting for the disk, so that the time it takes tells nothing.</summary>
    public static Task DoNotWaitAsync(NpgsqlTransaction transaction, CancellationToken ct)
    {
        const string sql = "set local synchronous_commit to off";

        return transaction.ExecuteAsync(sql, null, ct);
    }

    /// <summary>Writes a sign-in through the issuer, on each site where the member belongs.</summary>
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
