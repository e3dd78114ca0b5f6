using Journeys.BuildingBlocks;
using Journeys.Gateways.Admissions;
using Journeys.Gateways.Auditing;

namespace Journeys.Gateways;

/// <summary>Registers groups of services.</summary>
static class GatewaySetup
{
    public static GatewayOptions AddGatewayOptions(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<GatewayOptions>("Gateway");
        builder.Services.AddSettings<RateLimitOptions>("RateLimits");
        builder.Services.AddSettings<StreamOptions>("Streams");
        return builder.Configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
    }

    public static void AddAdmission(this IServiceCollection services)
    {
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Admission>();
        services.AddSingleton<OutgoingHeaders>();
        services.AddSingleton<AuditTrail>();
        services.AddLoop<OpenStreams>();
    }
}
