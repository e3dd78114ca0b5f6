using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Changes;
using Npgsql;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Halts all journeys of a site, and lets them go on. Their statuses stay what they are.</summary>
public sealed class HaltSite(NpgsqlDataSource source, ChangeStore changes, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>Halts the site; one that is halted stays as it is.</summary>
    public Task<SiteHaltRow> HaltAsync(Guid siteId, string by, string reason, CancellationToken ct) =>
        HandleAsync(siteId, halted: true, by, Check.Text(reason, 0, Limits.Note, "reason"), ct);

    /// <summary>Lets the site go on; one that is not halted stays as it is.</summary>
    public Task<SiteHaltRow> ResumeAsync(Guid siteId, string by, CancellationToken ct) => HandleAsync(siteId, halted: false, by, reason: "", ct);

    /// <summary>Whether the site is halted.</summary>
    public async Task<SiteHaltRow> FindAsync(Guid siteId, CancellationToken ct) =>
        await changes.FindHaltAsync(siteId, ct) ?? new() { SiteId = siteId };

    async Task<SiteHaltRow> HandleAsync(Guid siteId, bool halted, string by, string reason, CancellationToken ct)
    {
        var halt = await source.InTransactionAsync(
            async transaction =>
            {
                // Of two at the same moment, the second finds what the first did.
                await Quota.TakeTurnAsync(transaction, "definition.site_halt", siteId, ct);
                var before = await ChangeStore.FindHaltAsync(transaction, siteId, ct) ?? new() { SiteId = siteId };
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

        // A repeat tells it again where the first call did not come to that.
        return halt.AppliedEverywhere ? halt : halt with { AppliedEverywhere = await nudge.SendAsync(halt.ToMessage(), ct) };
    }
}
