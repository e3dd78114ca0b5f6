using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Journeys.Gateways;

/// <summary>The routes and clusters of YARP, made from the contracts and from `Services:*`.</summary>
public static class Destinations
{
    public static IReadOnlyList<RouteConfig> Routes(RpcCatalog catalog) =>
        [.. catalog.Routes.Select(route => new RouteConfig
        {
            RouteId = route.Id,
            ClusterId = route.Rpc.Cluster,
            Match = new RouteMatch { Path = route.Path, Methods = route.Verb == "GET" ? ["GET", "HEAD"] : [route.Verb] },
        })];

    /// <param name="accessAddress">Where the gateway itself answers as `access`.</param>
    /// <exception cref="InvalidOperationException">An address is missing or is none.</exception>
    public static IReadOnlyList<ClusterConfig> Clusters(RpcCatalog catalog, IConfiguration configuration, GatewayOptions options, Uri accessAddress) =>
        [.. catalog.Routes.Select(route => route.Rpc.Cluster).Distinct().Select(cluster =>
            ToCluster(cluster, cluster == "access" ? [accessAddress] : Addresses(configuration, cluster), options))];

    static List<Uri> Addresses(IConfiguration configuration, string cluster)
    {
        var addresses = (configuration[$"Services:{cluster}"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return addresses.Length > 0 && addresses.All(address => Uri.TryCreate(address, UriKind.Absolute, out _))
            ? [.. addresses.Select(address => new Uri(address))]
            : throw new InvalidOperationException($"Services:{cluster} must be the base address of that service, such as http://127.0.0.1:7101, or several with commas between.");
    }

    static ClusterConfig ToCluster(string name, List<Uri> addresses, GatewayOptions options) => new()
    {
        ClusterId = name,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = addresses.Select((address, number) => (address, number))
            .ToDictionary(each => $"{name}-{each.number}", each => new DestinationConfig { Address = each.address.ToString() }),
        HttpRequest = new ForwarderRequestConfig
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // The service gives up first, at the deadline that goes with the call. An open stream says something every 15 seconds.
            ActivityTimeout = TimeSpan.FromSeconds(Math.Max(options.CallTimeoutSeconds + 2, 40)),
        },
        HealthCheck = new HealthCheckConfig
        {
            // All unhealthy means that we know nothing: then every one is tried.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate,
                ReactivationPeriod = TimeSpan.FromSeconds(5),
            },
            Active = new ActiveHealthCheckConfig
            {
                Enabled = options.ActiveHealth && name != "access",
                Interval = TimeSpan.FromSeconds(5),
                Timeout = TimeSpan.FromSeconds(3),
                Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures,
                Path = "/health/ready",
            },
        },
    };

    /// <summary>Connections to services.</summary>
    public static void Configure(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);
        handler.EnableMultipleHttp2Connections = true;
        // In KiB. Larger headers cut the connection with all calls on it; services keep to 8 KiB, see RefusalStatus.
        handler.MaxResponseHeadersLength = 128;
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
        // Follows a name that comes to mean another address.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
    }
}
