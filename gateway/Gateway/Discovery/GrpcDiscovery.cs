using System.Threading.RateLimiting;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection;
using Journeys.Access;
using Journeys.Gateways.Admissions;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways.Discovery;

/// <summary>What tools and load balancers ask of a gRPC server before they know anything: which services it has, and whether it is ready.</summary>
/// <remarks>
/// Both are open, as the contracts and `/health/ready` are. They do not go through the proxy, so they are limited here: their calls by
/// address, and their streams, which may stay open, by how many one address has.
/// </remarks>
static class GrpcDiscovery
{
    public static void AddGrpcDiscovery(this IServiceCollection services, RpcCatalog catalog)
    {
        var names = catalog.Routes.Where(route => route.IsNative).Select(route => route.Rpc.Method.Service.FullName).Distinct().Order().ToList();
        // The details of refusals travel as `Any`, so that no contract imports their types.
        var symbols = SymbolRegistry.FromFiles([.. catalog.Files, ErrorDetailsReflection.Descriptor, StatusReflection.Descriptor]);
        services.AddSingleton(new ReflectionV1ServiceImpl(names, symbols));
        // grpcurl, Postman and others still ask for the version before.
        services.AddSingleton(new ReflectionServiceImpl(names, symbols));
        // Its route for services that nobody has matches every path of two segments, and would hide that only the method is wrong.
        services.Configure<GrpcServiceOptions>(options => options.IgnoreUnknownServices = true);
    }

    public static void MapGrpcDiscovery(this WebApplication app)
    {
        var limits = app.Services.GetRequiredService<RateLimits>();
        var perAddress = app.Services.GetRequiredService<IOptions<StreamOptions>>().Value.PerAddress;
        var open = PartitionedRateLimiter.Create<string, string>(address =>
            RateLimitPartition.GetConcurrencyLimiter(address, _ => new ConcurrencyLimiterOptions { PermitLimit = perAddress }));
        app.Lifetime.ApplicationStopped.Register(open.Dispose);

        app.UseWhen(IsDiscovery, discovery => discovery.Use(async (context, next) =>
        {
            var address = ClientAddress.Of(context);
            limits.TakeForAnybody(address);
            using var lease = open.AttemptAcquire(address);
            if (!lease.IsAcquired)
                throw new GatewayError(StatusCode.ResourceExhausted, "TOO_MANY_STREAMS", "This address has too many open streams.");
            await next(context);
        }));
        app.MapGrpcService<ReflectionV1ServiceImpl>();
        app.MapGrpcService<ReflectionServiceImpl>();
        app.MapGrpcHealthChecksService();
    }

    static bool IsDiscovery(HttpContext context) => context.Request.Path.Value!.StartsWith("/grpc.", StringComparison.OrdinalIgnoreCase);
}
