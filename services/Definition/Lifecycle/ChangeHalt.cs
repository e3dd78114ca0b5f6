using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Changes;
using Npgsql;

namespace Journeys.Definitions.Lifecycle;

/// <summary>The step that halting and resuming a site share: stores which it is, and tells Enrollment.</summary>
public sealed class ChangeHalt(NpgsqlDataSource source, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>Halts or resumes a site. A site that is in that state already stays as it is.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="halted">Whether it is halted from then on.</param>
    /// <param name="by">The id of the member or key that asks for it.</param>
    /// <param name="reason">Why it is halted, checked; empty for a resume.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<SiteHaltRow> HandleAsync(Guid siteId, bool halted, string by, string reason, CancellationToken ct)
    {
        var halt = await source.InTransactionAsync(
            async transaction =>
            {
                // Serializes concurrent calls, so that the second one sees the result of the first.
                await Quota.TakeTurnAsync(transaction, "definition.site_halt", siteId, ct);
                var before = await ChangeStore.ReadHaltAsync(transaction, siteId, ct);
                if (before.Halted == halted)
                    return before;

                var after = new SiteHaltRow
                {
                    SiteId = siteId,
                    ChangeNo = before.ChangeNo + 1,
                    Halted = halted,
                    ChangedBy = by,
                    Reason = reason,
                    ChangedAt = time.GetStoredNow(),
                    AppliedEverywhere = false,
                };
                await ChangeStore.AddHaltAsync(transaction, after, ct);
                await outbox.AddAsync(transaction, after.ToMessage(), ct);
                return after;
            },
            ct);

        // A repeat sends the change again in case the first call crashed before sending it.
        return halt.AppliedEverywhere ? halt : halt with { AppliedEverywhere = await nudge.SendAsync(halt.ToMessage(), ct) };
    }
}
