using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Access.Deliveries;

/// <summary>Delivers links by mail or webhook, and retries until they are delivered or expire.</summary>
/// <remarks>
/// A token is made in the transaction that sends it, and only its hash is stored. A crash after sending and before the
/// commit sends another link, and the first one is not valid.
/// </remarks>
public sealed class DeliverLinks(
    NpgsqlDataSource database, DeliveryStore deliveries, InvitationStore invitations, PasswordResetStore resets, Links links, LinkSender sender,
    IOptions<AccessOptions> options, TimeProvider time, ILogger<DeliverLinks> logger) : IChore
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    static readonly TimeSpan BetweenResets = TimeSpan.FromMinutes(5);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        await resets.DeleteExpiredAsync(time.GetUtcNow(), ct);
        await invitations.DeleteExpiredAsync(time.GetUtcNow(), ct);
        while (links.AreDelivered && await DeliverNextAsync(ct))
        {
        }

        return Every;
    }

    async Task<bool> DeliverNextAsync(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await database.BeginAsync(connection, ct);
        if (await DeliveryStore.LockNextAsync(transaction, time.GetUtcNow(), ct) is not { } delivery)
            return false;

        try
        {
            if (await ComposeAsync(transaction, delivery, ct) is { } mail)
            {
                await sender.SendAsync(mail, ct);
                Crash.At(CrashPoint.LinkSent);
            }

            await DeliveryStore.DeleteAsync(transaction, delivery.DeliveryId, ct);
            await transaction.CommitAsync(ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            await transaction.RollbackAsync(ct);
            var rest = BackOff.After(delivery.Failures + 1, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));
            logger.LogError(exception, "Link {DeliveryId} was not delivered ({Failures} failures), next try in {Rest}", delivery.DeliveryId, delivery.Failures + 1, rest);
            await deliveries.PostponeAsync(delivery.DeliveryId, time.GetUtcNow() + rest, ct);
        }

        return true;
    }

    /// <returns>The mail; null when there is nothing to send.</returns>
    Task<LinkMail?> ComposeAsync(NpgsqlTransaction transaction, DeliveryRow delivery, CancellationToken ct) =>
        delivery.ResetEmail is { } email ? ResetAsync(transaction, delivery, email, ct) : InviteAsync(transaction, delivery, ct);

    async Task<LinkMail?> InviteAsync(NpgsqlTransaction transaction, DeliveryRow delivery, CancellationToken ct)
    {
        var token = Secret.New(Secret.Invitation);
        if (!await InvitationStore.SetTokenAsync(transaction, delivery.InvitationId!.Value, Secret.Hash(token), time.GetUtcNow(), ct))
        {
            logger.LogWarning("Invitation {InvitationId} has expired before it could be delivered", delivery.InvitationId);
            return null;
        }

        return new LinkMail(delivery.DeliveryId, "INVITATION", delivery.InvitedEmail!, links.Invitation(token), delivery.ExpiresAt!.Value)
        {
            SiteId = delivery.SiteId.ToString(),
            SiteName = delivery.SiteName,
            Role = delivery.Role,
            InvitedBy = delivery.InvitedBy,
        };
    }

    async Task<LinkMail?> ResetAsync(NpgsqlTransaction transaction, DeliveryRow delivery, string email, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var lifetime = TimeSpan.FromMinutes(options.Value.PasswordResetMinutes);
        // A person does not wait that long, and of several requests in a row one is answered.
        if (delivery.CreatedAt < now - lifetime || await PasswordResetStore.IsSentSinceAsync(transaction, email, now - BetweenResets, ct))
            return null;

        var token = Secret.New(Secret.PasswordReset);
        return await PasswordResetStore.InsertAsync(transaction, email, Secret.Hash(token), mailed: true, now + lifetime, ct)
            ? new LinkMail(delivery.DeliveryId, "PASSWORD_RESET", email, links.PasswordReset(token), now + lifetime)
            : null;
    }
}
