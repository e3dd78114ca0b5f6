using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Deliveries;

/// <summary>A link to deliver, and its purpose.</summary>
public sealed record DeliveryRow
{
    public Guid DeliveryId { get; init; }

    public Guid? InvitationId { get; init; }

    public string? ResetEmail { get; init; }

    public int Failures { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public Guid? SiteId { get; init; }

    public string? SiteName { get; init; }

    public string? InvitedEmail { get; init; }

    public string? Role { get; init; }

    public string? InvitedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>
/// Stores deliveries until they are done. Contains no tokens, because a link is made when it is sent.
/// </summary>
public sealed class DeliveryStore(NpgsqlDataSource database)
{
    public static async Task AddInvitationAsync(NpgsqlTransaction transaction, Guid invitationId, CancellationToken ct)
    {
        const string sql = """
            insert into access.delivery (delivery_id, invitation_id)
            values (@deliveryId, @invitationId)
            on conflict (invitation_id) do update set created_at = now(), next_try_at = now(), failures = 0
            """;

        await transaction.ExecuteAsync(sql, new { deliveryId = Guid.CreateVersion7(), invitationId }, ct);
    }

    /// <summary>Records a request for a new password; a second request for the same e-mail adds nothing.</summary>
    public async Task AddPasswordResetAsync(string email, CancellationToken ct)
    {
        const string sql = """
            insert into access.delivery (delivery_id, reset_email)
            values (@deliveryId, @email)
            on conflict (reset_email) do nothing
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { deliveryId = Guid.CreateVersion7(), email }, ct);
    }

    /// <summary>Locks the next delivery; another replica gets a different one.</summary>
    public static async Task<DeliveryRow?> LockNextAsync(NpgsqlTransaction transaction, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            select delivery.delivery_id, delivery.invitation_id, delivery.reset_email, delivery.failures, delivery.created_at,
                   invitation.site_id, site.name as site_name, invitation.email as invited_email, invitation.role,
                   invitation.invited_by, invitation.expires_at
            from access.delivery as delivery
            left join access.invitation as invitation using (invitation_id)
            left join access.site as site using (site_id)
            where delivery.next_try_at <= @now
            order by delivery.next_try_at
            limit 1
            for update of delivery skip locked
            """;

        return await transaction.QuerySingleOrDefaultAsync<DeliveryRow>(sql, new { now }, ct);
    }

    public static async Task DeleteAsync(NpgsqlTransaction transaction, Guid deliveryId, CancellationToken ct)
    {
        const string sql = "delete from access.delivery where delivery_id = @deliveryId";

        await transaction.ExecuteAsync(sql, new { deliveryId }, ct);
    }

    public async Task PostponeAsync(Guid deliveryId, DateTimeOffset nextTryAt, CancellationToken ct)
    {
        const string sql = """
            update access.delivery
            set failures = failures + 1, next_try_at = @nextTryAt
            where delivery_id = @deliveryId
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { deliveryId, nextTryAt }, ct);
    }
}
