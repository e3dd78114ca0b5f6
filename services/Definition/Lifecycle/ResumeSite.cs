using Journeys.Definitions.Changes;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Ends the halt of a site.</summary>
public sealed class ResumeSite(ChangeHalt change)
{
    /// <summary>Resumes the site. A site that is not halted stays as it is.</summary>
    public Task<SiteHaltRow> HandleAsync(Guid siteId, string by, CancellationToken ct) =>
        change.HandleAsync(siteId, halted: false, by, reason: "", ct);
}
