using System.Net;
using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.HttpOverrides;

namespace Journeys.Gateways;

/// <summary>The parts of the wiring that belong together.</summary>
static class GatewaySetup
{
    public static GatewayOptions AddGatewayOptions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<GatewayOptions>("Gateway");
        services.AddSettings<AccessOptions>("Access");
        services.AddSettings<RateLimitOptions>("RateLimits");
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

    public static void UseTrustedProxies(this WebApplication app, GatewayOptions options)
    {
        var proxies = options.TrustedProxies.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (proxies.Length == 0)
            return;

        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        foreach (var proxy in proxies)
            forwarded.KnownProxies.Add(IPAddress.TryParse(proxy, out var address)
                ? address
                : throw new InvalidOperationException($"Gateway:TrustedProxies must be IP addresses with commas between; {proxy} is none."));
        app.UseForwardedHeaders(forwarded);
    }
}
