using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments.Journeys;

/// <summary>
/// The settings under `Catalog`: how much of journeys and audiences is cached in memory, measured by stored size.
/// Evicted entries are read again when needed.
/// </summary>
public sealed record CatalogOptions
{
    /// <summary>
    /// The size of the cache of newest versions and audiences, in MiB. The least recently used sites are evicted first.
    /// </summary>
    [Range(1, 100_000)]
    public int SiteMegabytes { get; init; } = 32;

    /// <summary>The size of the cache of versions that people are in, in MiB.</summary>
    [Range(1, 100_000)]
    public int VersionMegabytes { get; init; } = 16;
}
