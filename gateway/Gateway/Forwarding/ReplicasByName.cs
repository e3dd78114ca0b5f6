using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Journeys.Gateways.Forwarding;

/// <summary>
/// Makes a destination of every address of a service's host name, and looks the name up again every few seconds.
/// </summary>
/// <remarks>
/// Connections to services last for minutes, so a name that distributes connections would leave some replicas without
/// calls.
/// </remarks>
public sealed class ReplicasByName(ILogger<ReplicasByName> logger) : IDestinationResolver
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    readonly ConcurrentDictionary<string, IPAddress[]> known = new();

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var replicas = new Dictionary<string, DestinationConfig>();
        foreach (var (name, destination) in destinations)
        {
            var service = new Uri(destination.Address);
            foreach (var address in await AddressesAsync(service.Host, cancellationToken))
                replicas[$"{name} {address}"] = destination with { Address = At(service, address), Host = destination.Host ?? service.Authority };
            // No address is known yet: calls use the name, and fail until it resolves.
            if (!known.ContainsKey(service.Host))
                replicas[name] = destination;
        }

        return new ResolvedDestinationCollection(replicas, new CancellationChangeToken(new CancellationTokenSource(Every).Token));
    }

    static string At(Uri service, IPAddress address) =>
        new UriBuilder(service) { Host = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString() }.Uri.ToString();

    // If the name server does not answer, the known addresses most likely are still valid.
    async Task<IPAddress[]> AddressesAsync(string host, CancellationToken ct)
    {
        try
        {
            return known[host] = await Dns.GetHostAddressesAsync(host, ct);
        }
        catch (SocketException exception)
        {
            logger.LogWarning("The name {Host} cannot be looked up: {Problem}", host, exception.Message);
            return known.GetValueOrDefault(host, []);
        }
    }
}
