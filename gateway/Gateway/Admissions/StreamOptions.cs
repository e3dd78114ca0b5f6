using System.ComponentModel.DataAnnotations;

namespace Journeys.Gateways.Admissions;

/// <summary>
/// The settings under `Streams`: the maximum number of open streams, for each replica of the gateway.
/// </summary>
public sealed record StreamOptions
{
    [Range(1, 1_000_000)]
    public int PerKey { get; init; } = 10_000;

    /// <summary>For a site's pages from one address (for IPv6, one network of 64 bits).</summary>
    [Range(1, 1_000_000)]
    public int PerAddress { get; init; } = 300;

    [Range(1, 1_000_000)]
    public int PerVisitor { get; init; } = 10;
}
