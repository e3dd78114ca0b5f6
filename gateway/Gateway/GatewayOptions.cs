using System.ComponentModel.DataAnnotations;

namespace Journeys.Gateways;

/// <summary>The settings under `Gateway`.</summary>
public sealed record GatewayOptions
{
    /// <summary>The address for native gRPC, in cleartext HTTP/2. Empty for the port after the public one.</summary>
    public string GrpcUrl { get; init; } = "";

    /// <summary>
    /// Time limit of a call, in seconds, including authentication and the row in the audit log. Streams may stay open.
    /// </summary>
    [Range(1, 600)]
    public int CallTimeoutSeconds { get; init; } = 30;

    /// <summary>Time limit of a call below `/sdk`, for which a page waits, in seconds.</summary>
    [Range(1, 600)]
    public int SdkTimeoutSeconds { get; init; } = 8;

    /// <summary>Whether the health of services is checked actively, in addition to the results of calls.</summary>
    public bool ActiveHealth { get; init; }

    /// <summary>Whether every address of a service's host name is a replica that gets a share of the calls.</summary>
    public bool ReplicasByName { get; init; }

    /// <summary>
    /// Proxies in front of the gateway whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are trusted:
    /// addresses and networks, separated by commas.
    /// </summary>
    public string TrustedProxies { get; init; } = "";

    /// <summary>How long browsers that used TLS must keep using it (HSTS), in days. 0 for no such header.</summary>
    [Range(0, 3_650)]
    public int HstsDays { get; init; } = 365;

    /// <summary>
    /// The built dashboard, SDK and demo page. Empty to look for them beside the program and in the source tree.
    /// </summary>
    public string Dashboard { get; init; } = "";

    public string Sdk { get; init; } = "";

    public string Demo { get; init; } = "";

    /// <summary>The file with the publishable key and the journey of the demo page. Empty for no demo page.</summary>
    public string DemoConfig { get; init; } = "";
}
