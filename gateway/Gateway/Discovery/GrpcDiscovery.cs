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

/// <summary>
/// Serves what tools and load balancers query of a gRPC server first: the services that it has, and whether it is
/// ready.
/// </summary>
/// <remarks>
/// Both are public, like the contracts and `/health/ready`. They bypass the proxy, so they are limited here: calls by
/// address, and streams, which may stay open, by their number for each address.
/// </remarks>
static class GrpcDiscovery
{
    public static void AddGrpcDiscovery(this IServiceCollection services, RpcCatalog catalog)
    {
        var names = catalog.Routes.Where(route => route.IsNative).Select(route => route.Rpc.Method.Service.FullName).Distinct().Order().ToList();
        // The details of refusals travel as `Any`, so no contract imports their types.
        var symbols = SymbolRegistry.FromFiles([.. catalog.Files, ErrorDetailsReflection.Descriptor, StatusReflection.Descriptor]);
        services.AddSingleton(new ReflectionV1ServiceImpl(names, symbols));
        // grpcurl, Postman and others still use the previous version.
        services.AddSingleton(new ReflectionServiceImpl(names, symbols));
        // Its fallback route for unknown services matches every path of two segments, and would hide that only the
        // method is wrong.
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
