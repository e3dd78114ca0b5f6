using Journeys.BuildingBlocks;
using Journeys.Definitions.Changes;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Halts all journeys of a site. Their statuses stay unchanged.</summary>
public sealed class HaltSite(ChangeHalt change)
{
    /// <summary>Halts the site. A halted site stays as it is.</summary>
    /// <exception cref="InvalidInput">The reason is too long.</exception>
    public Task<SiteHaltRow> HandleAsync(Guid siteId, string by, string reason, CancellationToken ct) =>
        change.HandleAsync(siteId, halted: true, by, Check.Text(reason, 0, Limits.Note, "reason"), ct);
}
