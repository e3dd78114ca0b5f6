using System.ComponentModel.DataAnnotations;

namespace Journeys.Gateways;

/// <summary>The settings under `Gateway`.</summary>
public sealed record GatewayOptions
{
    /// <summary>Where native gRPC is answered, in cleartext HTTP/2. Empty: the port after the public one.</summary>
    public string GrpcUrl { get; init; } = "";

    /// <summary>How long a service may take for a call, in seconds. Streams may stay open.</summary>
    [Range(1, 600)]
    public int CallTimeoutSeconds { get; init; } = 30;

    /// <summary>The same for calls below `/sdk`, for which a page waits.</summary>
    [Range(1, 600)]
    public int SdkTimeoutSeconds { get; init; } = 8;

    /// <summary>Whether services are asked for their health as well as judged by their answers.</summary>
    public bool ActiveHealth { get; init; }

    /// <summary>Whether every address of a service's host name is a replica to share the calls among.</summary>
    public bool ReplicasByName { get; init; }

    /// <summary>Proxies in front of us whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses and networks, with commas between.</summary>
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

/// <summary>The settings under `RateLimits`. Rates are per second, bursts are what may come at once.</summary>
public sealed record RateLimitOptions
{
    /// <summary>All calls of a site, whoever makes them.</summary>
    [Range(1, 1_000_000)]
    public int PerSite { get; init; } = 10_000;

    [Range(1, 1_000_000)]
    public int PerSiteBurst { get; init; } = 20_000;

    [Range(1, 1_000_000)]
    public int PerKey { get; init; } = 5_000;

    [Range(1, 1_000_000)]
    public int PerKeyBurst { get; init; } = 10_000;

    /// <summary>Calls of a site's pages from one address (of IPv6, one network of 64 bits), whatever visitors they name.</summary>
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

/// <summary>The settings under `Streams`: how many may be open at once, for each replica of the gateway.</summary>
public sealed record StreamOptions
{
    [Range(1, 1_000_000)]
    public int PerKey { get; init; } = 10_000;

    /// <summary>Of a site's pages from one address (of IPv6, one network of 64 bits).</summary>
    [Range(1, 1_000_000)]
    public int PerAddress { get; init; } = 300;

    [Range(1, 1_000_000)]
    public int PerVisitor { get; init; } = 10;
}
