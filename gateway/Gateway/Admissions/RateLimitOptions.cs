using System.ComponentModel.DataAnnotations;

namespace Journeys.Gateways.Admissions;

/// <summary>
/// The settings under `RateLimits`. Rates are per second; a burst is the number of calls allowed at once.
/// </summary>
public sealed record RateLimitOptions
{
    /// <summary>All calls of a site, by any caller.</summary>
    [Range(1, 1_000_000)]
    public int PerSite { get; init; } = 10_000;

    [Range(1, 1_000_000)]
    public int PerSiteBurst { get; init; } = 20_000;

    [Range(1, 1_000_000)]
    public int PerKey { get; init; } = 5_000;

    [Range(1, 1_000_000)]
    public int PerKeyBurst { get; init; } = 10_000;

    /// <summary>
    /// Calls of a site's pages from one address (for IPv6, one network of 64 bits), for all visitors together.
    /// </summary>
    [Range(1, 1_000_000)]
    public int PerAddress { get; init; } = 100;

    [Range(1, 1_000_000)]
    public int PerAddressBurst { get; init; } = 400;

    [Range(1, 1_000_000)]
    public int PerVisitor { get; init; } = 50;

    [Range(1, 1_000_000)]
    public int PerVisitorBurst { get; init; } = 200;

    /// <summary>Calls with wrong credentials, per address.</summary>
    [Range(1, 1_000_000)]
    public int WrongKeys { get; init; } = 10;

    [Range(1, 1_000_000)]
    public int WrongKeysBurst { get; init; } = 100;
}
