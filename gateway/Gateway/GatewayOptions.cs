using System.ComponentModel.DataAnnotations;

namespace Journeys.Gateways;

/// <summary>The settings under `Gateway`.</summary>
public sealed record GatewayOptions
{
    /// <summary>Where native gRPC is answered, in cleartext HTTP/2. Empty: the port after the public one.</summary>
    public string GrpcUrl { get; init; } = "";

    /// <summary>How long a call may take, in seconds, with the lookup of who calls and the row in the audit log. Streams may stay open.</summary>
    [Range(1, 600)]
    public int CallTimeoutSeconds { get; init; } = 30;

    /// <summary>The same for calls below `/sdk`, for which a page waits.</summary>
    [Range(1, 600)]
    public int SdkTimeoutSeconds { get; init; } = 8;

    /// <summary>Whether services are asked for their health as well as judged by their answers.</summary>
    public bool ActiveHealth { get; init; }

    /// <summary>Whether every address of a service's host name is a replica to share the calls among.</summary>
    public bool ReplicasByName { get; init; }

    /// <summary>Proxies in front of us whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed: addresses and networks, with commas between.</summary>
    public string TrustedProxies { get; init; } = "";

    /// <summary>How long browsers that came by TLS stay with it, in days. 0: they are not told to.</summary>
    [Range(0, 3_650)]
    public int HstsDays { get; init; } = 365;

    /// <summary>The built dashboard, SDK and demo page. Empty: looked for beside the program and up from there.</summary>
    public string Dashboard { get; init; } = "";

    public string Sdk { get; init; } = "";

    public string Demo { get; init; } = "";

    /// <summary>The file that tells the demo page its publishable key and journey. Empty: there is no demo page.</summary>
    public string DemoConfig { get; init; } = "";
}
