using Journeys.Access;
using Journeys.BuildingBlocks;
using Journeys.Gateways.Admissions;
using Journeys.Gateways.Discovery;
using Journeys.Gateways.Forwarding;
using Journeys.Gateways.OpenApi;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Journeys.Gateways.Transcoding;
using Journeys.Gateways.Web;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Journeys.Gateways;

/// <summary>Builds the public gateway: REST and gRPC from clients, gRPC to the services.</summary>
public static class GatewayApp
{
    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("gateway");

        var options = builder.AddGatewayOptions();
        builder.AddListeners(options);
        var access = new AccessSocket();
        builder.AddAccess(args, access);
        builder.Services.AddAdmission();
        builder.Services.AddCompression();
        builder.Services.AddSingleton(RpcCatalog.Journeys);
        builder.Services.AddGrpcDiscovery(RpcCatalog.Journeys);
        builder.Services.AddLoop<FailedCallHealthPolicy>()
            .AddSingleton<IPassiveHealthCheckPolicy>(provider => provider.GetRequiredService<FailedCallHealthPolicy>());
        builder.Services.AddReverseProxy()
            .LoadFromMemory(
                Destinations.Routes(RpcCatalog.Journeys),
                Destinations.Clusters(RpcCatalog.Journeys, builder.Configuration, options, access.Address))
            .AddTransforms(ServerSentEvents.StartEarly)
            .AddTransforms(NativeStream.StartEarly);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, ServiceHttpClients>();
        if (options.ReplicasByName)
            builder.Services.AddSingleton<IDestinationResolver, ReplicasByName>();

        var app = builder.Build();

        app.UseTrustedProxies(options);
        app.UseCompression();
        app.UseSecurityHeaders(options);
        app.UseMiddleware<ProblemDetailsMiddleware>();
        app.UseMiddleware<CanonicalPathMiddleware>();
        app.UseMiddleware<CorsMiddleware>();
        app.UseMiddleware<RequestHeadMiddleware>();
        app.UseRouting();
        app.UseStaticSite(options);
        app.MapGrpcDiscovery();
        app.MapOpenApi(RpcCatalog.Journeys);
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready"), ResponseWriter = HealthAnswer.WriteAsync });
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<TranscodingMiddleware>();
            proxy.UseMiddleware<RetryMiddleware>();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
        return app;
    }
}
