using System.Net;
using System.Net.Sockets;

namespace Journeys.Access;

/// <summary>Determines the address under which calls and attempts are counted.</summary>
public static class ClientAddress
{
    const int BytesOfNetwork = 8;

    public static string Of(HttpContext context) => context.Connection.RemoteIpAddress is { } address ? Network(address) : "";

    /// <summary>
    /// Returns the address; for IPv6 its network, because one household has more addresses than can be counted.
    /// </summary>
    public static string Network(string address) => IPAddress.TryParse(address, out var parsed) ? Network(parsed) : address;

    static string Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(BytesOfNetwork).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
