using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Audiences;
using Npgsql;

namespace Journeys.Definitions.Changes;

/// <summary>
/// Announces changes of audiences: stores them with their messages in the transaction, and sends them to Enrollment
/// after it.
/// </summary>
public sealed class AudienceNews(Outbox outbox, Nudge nudge)
{
    /// <summary>Stores the change and its message in the transaction that makes it.</summary>
    public async Task AddAsync(NpgsqlTransaction transaction, AudienceRow audience, bool deleted, CancellationToken ct)
    {
        await ChangeStore.AddAudienceAsync(transaction, audience, deleted, audience.UpdatedAt, ct);
        await outbox.AddAsync(transaction, audience.ToMessage(deleted), ct);
    }

    /// <summary>
    /// Sends Enrollment an audience after the commit, unless it is acknowledged already. Returns the audience as it is
    /// afterwards.
    /// </summary>
    public async Task<AudienceRow> SendAsync(AudienceRow audience, CancellationToken ct) =>
        audience.AppliedEverywhere
            ? audience
            : audience with { AppliedEverywhere = await nudge.SendAsync(audience.ToMessage(deleted: false), ct) };

    /// <summary>Sends Enrollment after the commit that an audience was deleted.</summary>
    public Task SendDeletedAsync(AudienceRow last, CancellationToken ct) => nudge.SendAsync(last.ToMessage(deleted: true), ct);
}
