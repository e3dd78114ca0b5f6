using Dapper;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Deliveries;

/// <summary>Reads and changes invitations. The caller owns the transaction of a change.</summary>
public sealed class InvitationStore(NpgsqlDataSource database)
{
    /// <summary>
    /// Stores an invitation, and replaces an expired one; false when the e-mail is a member or invited already.
    /// </summary>
    /// <param name="invitation">
    /// The invitation. The name of the inviter is read from <paramref name="invitedBy"/>.
    /// </param>
    /// <param name="invitedBy">The member who invites, or a key.</param>
    public static async Task<bool> InsertAsync(
        NpgsqlTransaction transaction, InvitationRow invitation, Guid invitedBy, byte[]? tokenHash, CancellationToken ct)
    {
        const string sql = """
            delete from access.invitation
            where site_id = @SiteId and email = @Email and expires_at <= now();
            insert into access.invitation (invitation_id, site_id, email, name, role, invited_by, token_hash, created_at, expires_at)
            select @InvitationId, @SiteId, @Email, @Name, @Role,
                   coalesce((select left(coalesce(nullif(membership.name, ''), member.email), 255)
                             from access.membership as membership
                             join access.member as member using (member_id)
                             where membership.site_id = @SiteId and membership.member_id = @invitedBy), ''),
                   @tokenHash, @CreatedAt, @ExpiresAt
            where not exists (
                select
                from access.membership as membership
                join access.member as member using (member_id)
                where membership.site_id = @SiteId and member.email = @Email)
            on conflict (site_id, email) do nothing
            returning invitation_id
            """;

        var parameters = new DynamicParameters(invitation);
        parameters.Add("invitedBy", invitedBy);
        parameters.Add("tokenHash", tokenHash, System.Data.DbType.Binary);
        return await transaction.ScalarAsync<Guid?>(sql, parameters, ct) is not null;
    }

    /// <summary>
    /// Sets a new expiry and a new token, or no token until the link is delivered. Returns null when there is no such
    /// invitation.
    /// </summary>
    public static async Task<MemberRow?> RenewAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid invitationId, byte[]? tokenHash, DateTimeOffset expiresAt, CancellationToken ct)
    {
        const string sql = $"""
            update access.invitation
            set token_hash = @tokenHash, expires_at = @expiresAt, sent_at = null
            where site_id = @siteId and invitation_id = @invitationId
            returning invitation_id as member_id, email, name, role, '{MemberStates.Invited}' as state, created_at, expires_at, sent_at
            """;

        var parameters = new DynamicParameters(new { siteId, invitationId, expiresAt });
        parameters.Add("tokenHash", tokenHash, System.Data.DbType.Binary);
        return await transaction.QuerySingleOrDefaultAsync<MemberRow>(sql, parameters, ct);
    }

    /// <summary>
    /// Changes the name or role of an invitation; a null value is left unchanged. Returns false when there is no such
    /// invitation.
    /// </summary>
    public static async Task<bool> UpdateAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid invitationId, string? name, string? role, CancellationToken ct)
    {
        const string sql = """
            update access.invitation
            set name = coalesce(@name, name), role = coalesce(@role, role)
            where site_id = @siteId and invitation_id = @invitationId
            """;

        return await transaction.ExecuteAsync(sql, new { siteId, invitationId, name, role }, ct) > 0;
    }

    /// <summary>
    /// Sets the token of an invitation that is being sent; returns false when the invitation was revoked or has
    /// expired.
    /// </summary>
    public static async Task<bool> SetTokenAsync(
        NpgsqlTransaction transaction, Guid invitationId, byte[] tokenHash, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update access.invitation
            set token_hash = @tokenHash, sent_at = @now
            where invitation_id = @invitationId and expires_at > @now
            """;

        return await transaction.ExecuteAsync(sql, new { invitationId, tokenHash, now }, ct) > 0;
    }

    /// <summary>Deletes invitations that expired a month ago; until then they are listed.</summary>
    public async Task DeleteExpiredAsync(DateTimeOffset now, CancellationToken ct)
    {
        const string sql = "delete from access.invitation where expires_at < @now - interval '30 days'";

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { now }, ct);
    }

    /// <summary>Revokes an invitation; false when there is no such invitation.</summary>
    public static async Task<bool> DeleteAsync(NpgsqlTransaction transaction, Guid siteId, Guid invitationId, CancellationToken ct)
    {
        const string sql = "delete from access.invitation where site_id = @siteId and invitation_id = @invitationId";

        return await transaction.ExecuteAsync(sql, new { siteId, invitationId }, ct) > 0;
    }

    /// <summary>Returns the invitation of a link; null when the link is not valid.</summary>
    public async Task<InvitationRow?> FindAsync(byte[] tokenHash, CancellationToken ct)
    {
        const string sql = """
            select invitation.invitation_id, invitation.site_id, site.name as site_name, invitation.email, invitation.name, invitation.role,
                   invitation.invited_by, invitation.created_at, invitation.expires_at, invitation.sent_at
            from access.invitation as invitation
            join access.site as site using (site_id)
            where invitation.token_hash = @tokenHash and invitation.expires_at > now()
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<InvitationRow>(sql, new { tokenHash }, ct);
    }

    /// <summary>
    /// Deletes the invitation of a link that is used, so that only one of two concurrent callers gets it. Returns null
    /// when the link is not valid.
    /// </summary>
    public static async Task<InvitationRow?> TakeAsync(NpgsqlTransaction transaction, byte[] tokenHash, CancellationToken ct)
    {
        const string sql = """
            delete from access.invitation
            where token_hash = @tokenHash and expires_at > now()
            returning invitation_id, site_id, email, name, role, invited_by, created_at, expires_at, sent_at
            """;

        return await transaction.QuerySingleOrDefaultAsync<InvitationRow>(sql, new { tokenHash }, ct);
    }
}
