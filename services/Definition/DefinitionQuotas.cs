using System.ComponentModel.DataAnnotations;

namespace Journeys.Definitions;

/// <summary>The settings under `Quotas`: how much a site may have.</summary>
public sealed record DefinitionQuotas
{
    /// <summary>Journeys of a site, archived ones included.</summary>
    [Range(1, 1_000_000)]
    public int JourneysPerSite { get; init; } = 2_000;

    /// <summary>Versions of a journey, which are kept for good.</summary>
    [Range(1, 1_000_000)]
    public int VersionsPerJourney { get; init; } = 1_000;

    /// <summary>Audiences of a site.</summary>
    [Range(1, 1_000_000)]
    public int AudiencesPerSite { get; init; } = 1_000;

    /// <summary>The rules of a site's audiences together, in MiB: every replica of Enrollment keeps them in memory.</summary>
    [Range(1, 10_000)]
    public int AudienceMegabytesPerSite { get; init; } = 8;

    /// <summary>The newest versions of a site's journeys together, archived ones included, in MiB: a replica of Enrollment that needs one keeps all of them in memory.</summary>
    [Range(1, 10_000)]
    public int PublishedMegabytesPerSite { get; init; } = 24;
}
