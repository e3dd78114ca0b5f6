using System.ComponentModel.DataAnnotations;

namespace Journeys.Definitions;

/// <summary>The settings under `Quotas`: how much a site may have.</summary>
public sealed record DefinitionQuotas
{
    /// <summary>The maximum number of journeys of a site, including archived ones.</summary>
    [Range(1, 1_000_000)]
    public int JourneysPerSite { get; init; } = 2_000;

    /// <summary>The maximum number of versions of a journey, which are never deleted.</summary>
    [Range(1, 1_000_000)]
    public int VersionsPerJourney { get; init; } = 1_000;

    /// <summary>The maximum number of audiences of a site.</summary>
    [Range(1, 1_000_000)]
    public int AudiencesPerSite { get; init; } = 1_000;

    /// <summary>
    /// The maximum size of all audience rules of a site, in MiB. Every replica of Enrollment keeps them in memory.
    /// </summary>
    [Range(1, 10_000)]
    public int AudienceMegabytesPerSite { get; init; } = 8;

    /// <summary>
    /// The maximum size of the newest versions of all journeys of a site, including archived ones, in MiB. A replica of
    /// Enrollment that needs one keeps all of them in memory.
    /// </summary>
    [Range(1, 10_000)]
    public int PublishedMegabytesPerSite { get; init; } = 24;
}
