using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Journeys.Gateways.Admissions;

/// <summary>
/// The proxies in front of the gateway, whose headers about the client's address and the gateway's address are trusted.
/// </summary>
public static class TrustedProxies
{
    /// <summary>Reads addresses and networks, such as `10.1.2.3, 10.0.0.0/8, fd00::/8`.</summary>
    /// <exception cref="FormatException">An entry is neither an address nor a network.</exception>
    public static IReadOnlyList<IPNetwork> Parse(string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseOne)];

    /// <summary>
    /// Accepts `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` from these proxies only.
    /// </summary>
    public static void UseTrustedProxies(this WebApplication app, GatewayOptions options)
    {
        var networks = Parse(options.TrustedProxies);
        if (networks.Count == 0)
            return;

        var forwarded = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            ForwardLimit = null,
        };
        // By default the whole loopback network is trusted too.
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in networks)
            forwarded.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(forwarded);
    }

    static IPNetwork ParseOne(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : throw new FormatException($"Gateway:TrustedProxies: {text} is neither an address nor a network such as 10.0.0.0/8.");
}
