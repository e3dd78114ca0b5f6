using Journeys.BuildingBlocks;

namespace Journeys.Gateways;

/// <summary>The parts of the wiring that belong together.</summary>
static class GatewaySetup
{
    public static GatewayOptions AddGatewayOptions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<GatewayOptions>().BindConfiguration("Gateway").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<AccessOptions>().BindConfiguration("Access").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RateLimitOptions>().BindConfiguration("RateLimits").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<StreamOptions>().BindConfiguration("Streams").ValidateDataAnnotations().ValidateOnStart();
        return builder.Configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
    }

    public static void AddAccess(this IServiceCollection services, AccessHost host)
    {
        services.AddSingleton<CallerStore>();
        services.AddSingleton<KnownCallers>();
        services.AddSingleton<Csrf>();
        services.AddSingleton<Oidc>();
        services.AddSingleton<UserTokens>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Admission>();
        services.AddLoop<KeyUse>();
        services.AddLoop<OpenStreams>();

        services.AddSingleton<SiteStore>();
        services.AddSingleton<MemberStore>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<ChangeMembers>();
        services.AddSingleton<AccessGrpcService>();
        services.AddHostedService<Bootstrap>();
        services.AddHostedService(_ => host);
    }
}
