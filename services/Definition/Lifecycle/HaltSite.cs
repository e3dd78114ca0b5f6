using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Changes;
using Npgsql;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Halts all journeys of a site, and resumes them. Their statuses stay unchanged.</summary>
public sealed class HaltSite(NpgsqlDataSource source, ChangeStore changes, Outbox outbox, Nudge nudge, TimeProvider time)
{
    /// <summary>Halts the site. A halted site stays as it is.</summary>
    public Task<SiteHaltRow> HaltAsync(Guid siteId, string by, string reason, CancellationToken ct) =>
        HandleAsync(siteId, halted: true, by, Check.Text(reason, 0, Limits.Note, "reason"), ct);

    /// <summary>Resumes the site. A site that is not halted stays as it is.</summary>
    public Task<SiteHaltRow> ResumeAsync(Guid siteId, string by, CancellationToken ct) => HandleAsync(siteId, halted: false, by, reason: "", ct);

    /// <summary>Returns whether the site is halted.</summary>
    public async Task<SiteHaltRow> FindAsync(Guid siteId, CancellationToken ct) =>
        await changes.FindHaltAsync(siteId, ct) ?? new() { SiteId = siteId };

    async Task<SiteHaltRow> HandleAsync(Guid siteId, bool halted, string by, string reason, CancellationToken ct)
    {
        var halt = await source.InTransactionAsync(
            async transaction =>
            {
                // Serializes concurrent calls, so that the second one sees the result of the first.
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

        // A repeat sends the change again in case the first call crashed before sending it.
        return halt.AppliedEverywhere ? halt : halt with { AppliedEverywhere = await nudge.SendAsync(halt.ToMessage(), ct) };
    }
}
