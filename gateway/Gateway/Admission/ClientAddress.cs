using System.Net;
using System.Net.Sockets;

namespace Journeys.Gateways;

/// <summary>What counts as one address when calls are counted.</summary>
public static class ClientAddress
{
    const int BytesOfNetwork = 8;

    /// <summary>Returns the IPv4 address, or the network of an IPv6 address: a customer of a provider has 2^64 addresses to choose from.</summary>
    public static string Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(BytesOfNetwork).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
