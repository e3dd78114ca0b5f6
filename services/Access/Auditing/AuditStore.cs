using Dapper;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Auditing;

/// <summary>
/// Stores and reads the audit log. A row is inserted before the call, and its outcome is added afterwards.
/// </summary>
public sealed class AuditStore(NpgsqlDataSource database)
{
    // The current state of an object in the access schema. For all other objects the row uses the service's answer.
    const string Now = $"""
        case target_kind
            when 'site' then (
                select jsonb_build_object('name', site.name, 'allowedOrigins', site.allowed_origins,
                                          'requireUserToken', site.require_user_token, 'hasUserTokenKey', site.user_token_key is not null)
                from access.site as site
                where site.site_id = @SiteId and site.site_id = @targetUuid)
            when 'key' then (
                select jsonb_build_object('kind', key.kind, 'name', key.name, 'role', key.role, 'prefix', key.prefix,
                                          'revoked', key.revoked_at is not null)
                from access.key as key
                where key.site_id = @SiteId and key.key_id = @targetUuid)
            when 'member' then coalesce(
                (select jsonb_build_object('email', member.email, 'name', membership.name, 'role', membership.role, 'state', '{MemberStates.Member}')
                 from access.membership as membership
                 join access.member as member using (member_id)
                 where membership.site_id = @SiteId and membership.member_id = @targetUuid),
                (select jsonb_build_object('email', invitation.email, 'name', invitation.name, 'role', invitation.role, 'state', '{MemberStates.Invited}')
                 from access.invitation as invitation
                 where invitation.site_id = @SiteId and invitation.invitation_id = @targetUuid))
        end
        """;

    /// <summary>The columns that every row has.</summary>
    public const string Columns = "audit_id, site_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, address, outcome, reason";

    /// <summary>Writes the row of a call that is about to be made.</summary>
    /// <param name="row">The row.</param>
    /// <param name="erasedId">
    /// The id of the person whom the call erases; earlier rows get the pseudonym of this row.
    /// </param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task BeginAsync(AuditRow row, string? erasedId, CancellationToken ct)
    {
        const string sql = $"""
            with hidden as (
                update access.audit
                set target_id = @TargetId
                where @erasedId::text is not null and site_id = @SiteId and target_id = @erasedId and target_kind = 'user'
            )
            insert into access.audit ({Columns}, request, before)
            select @AuditId, @SiteId, @At, @ActorKind, @ActorId, @ActorName, @Action, target_kind, @TargetId, @Address, @Outcome, @Reason,
                   @Request::jsonb, {Now}
            from (select @TargetKind::text as target_kind) as target
            """;

        var parameters = new DynamicParameters(row);
        parameters.Add("erasedId", erasedId);
        parameters.Add("targetUuid", ToUuid(row.TargetId), System.Data.DbType.Guid);
        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>Records the outcome of the call in its row, at most once.</summary>
    public async Task EndAsync(AuditRow row, CancellationToken ct)
    {
        const string sql = $"""
            update access.audit
            set outcome = @Outcome, reason = @Reason, ended_at = @EndedAt, target_id = @TargetId,
                after = case when @Outcome = 'OK' then coalesce({Now}, @After::jsonb) end
            where audit_id = @AuditId and ended_at is null
            """;

        var parameters = new DynamicParameters(row);
        parameters.Add("targetUuid", ToUuid(row.TargetId), System.Data.DbType.Guid);
        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>
    /// Returns a page of the rows that match the filter, newest first. A field of the filter that is null matches every
    /// row.
    /// </summary>
    public async Task<IReadOnlyList<AuditRow>> ListAsync(AuditFilter filter, AuditKey? after, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}, ended_at, request::text, before::text, after::text
            from access.audit
            where site_id = @SiteId
              and (@Actor::text is null or actor_id = @Actor or lower(actor_name) = lower(@Actor))
              and (@Action::text is null or action = @Action)
              and (@Target::text is null or target_id = @Target or target_id = @TargetPseudonym)
              and (@From::timestamptz is null or at >= @From)
              and (@Until::timestamptz is null or at < @Until)
              and (@afterId::uuid is null or (at, audit_id) < (@afterAt, @afterId))
            order by at desc, audit_id desc
            limit @limit
            """;

        var parameters = new DynamicParameters(filter);
        parameters.Add("limit", limit);
        parameters.Add("afterAt", after?.At.UtcDateTime, System.Data.DbType.DateTime);
        parameters.Add("afterId", after is null ? null : Guid.Parse(after.Id), System.Data.DbType.Guid);
        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QueryAsync<AuditRow>(sql, parameters, ct);
    }

    /// <summary>Deletes at most `limit` rows older than a time; returns the number deleted.</summary>
    public async Task<int> DeleteOldAsync(DateTimeOffset before, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from access.audit
            where audit_id in (
                select audit_id
                from access.audit
                where at < @before
                order by at
                limit @limit
                for update skip locked)
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(sql, new { before, limit }, ct);
    }

    public static Guid? ToUuid(string text) => Guid.TryParseExact(text, "D", out var uuid) ? uuid : null;
}

/// <summary>Selects the rows to list.</summary>
public sealed record AuditFilter
{
    public Guid SiteId { get; init; }

    public string? Actor { get; init; }

    public string? Action { get; init; }

    public string? Target { get; init; }

    /// <summary>The pseudonym of the target since its erasure, if the target is a person.</summary>
    public string? TargetPseudonym { get; init; }

    public DateTime? From { get; init; }

    public DateTime? Until { get; init; }
}

/// <summary>The last row of a page.</summary>
public sealed record AuditKey(DateTimeOffset At, string Id);
