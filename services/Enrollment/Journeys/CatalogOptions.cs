using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments.Journeys;

/// <summary>The settings under `Catalog`: how much of journeys and audiences stays in memory, measured as it is stored. What goes is read again when it is needed.</summary>
public sealed record CatalogOptions
{
    /// <summary>The newest versions and the audiences of the sites that were used last, in MiB.</summary>
    [Range(1, 100_000)]
    public int SiteMegabytes { get; init; } = 32;

    /// <summary>Versions that people walk, in MiB.</summary>
    [Range(1, 100_000)]
    public int VersionMegabytes { get; init; } = 16;
}
