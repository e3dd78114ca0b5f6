using System.Net;
using System.Net.Sockets;

namespace Journeys.Access;

/// <summary>What counts as one address when calls and tries are counted.</summary>
public static class ClientAddress
{
    const int BytesOfNetwork = 8;

    public static string Of(HttpContext context) => context.Connection.RemoteIpAddress is { } address ? Network(address) : "";

    /// <summary>The address; of IPv6 the network, because one household has more addresses than could be counted.</summary>
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
