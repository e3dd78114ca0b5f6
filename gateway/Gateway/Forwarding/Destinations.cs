using Journeys.BuildingBlocks.Connections;
using Journeys.Gateways.Routing;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Journeys.Gateways.Forwarding;

/// <summary>Makes YARP's routes and clusters from the contracts and from `Services:*`.</summary>
public static class Destinations
{
    public static IReadOnlyList<RouteConfig> Routes(RpcCatalog catalog) =>
        [.. catalog.Routes.Select(route => new RouteConfig
        {
            RouteId = route.Id,
            ClusterId = route.Rpc.Cluster,
            Match = new RouteMatch { Path = route.Path, Methods = route.Verb == "GET" ? ["GET", "HEAD"] : [route.Verb] },
        })];

    /// <param name="accessAddress">The gateway's own address for the cluster `access`.</param>
    /// <exception cref="InvalidOperationException">An address is missing or invalid.</exception>
    public static IReadOnlyList<ClusterConfig> Clusters(RpcCatalog catalog, IConfiguration configuration, GatewayOptions options, Uri accessAddress) =>
        [.. catalog.Routes.Select(route => route.Rpc.Cluster).Distinct().Select(cluster =>
            ToCluster(cluster, cluster == "access" ? [accessAddress] : ServiceAddresses.Of(configuration, cluster), options))];

    static ClusterConfig ToCluster(string name, IReadOnlyList<Uri> addresses, GatewayOptions options) => new()
    {
        ClusterId = name,
        LoadBalancingPolicy = LoadBalancingPolicies.PowerOfTwoChoices,
        Destinations = addresses.Select((address, number) => (address, number))
            .ToDictionary(each => $"{name}-{each.number}", each => new DestinationConfig { Address = each.address.ToString() }),
        HttpRequest = new ForwarderRequestConfig
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // The service gives up first, at the deadline of the call. An open stream sends something every 10 seconds.
            ActivityTimeout = TimeSpan.FromSeconds(Math.Max(options.CallTimeoutSeconds + 2, 40)),
        },
        HealthCheck = new HealthCheckConfig
        {
            // If all replicas are unhealthy, nothing is known about them, so all are tried.
            AvailableDestinationsPolicy = HealthCheckConstants.AvailableDestinations.HealthyOrPanic,
            Passive = new PassiveHealthCheckConfig
            {
                Enabled = true,
                Policy = nameof(FailedCallHealthPolicy),
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
}

/// <summary>Connects to services in the same way as services connect to each other.</summary>
public sealed class ServiceHttpClients(ServiceCertificates certificates, ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        new ServiceConnections([], certificates).Configure(handler);
        // Limited, so that connections follow a name whose address changes.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
    }
}
