using System.Net;
using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways;

/// <summary>The parts of the wiring that belong together.</summary>
static class GatewaySetup
{
    public static GatewayOptions AddGatewayOptions(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSettings<GatewayOptions>("Gateway");
        services.AddSettings<AccessOptions>("Access");
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsCheck>();
        services.AddSettings<RateLimitOptions>("RateLimits");
        return builder.Configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
    }

    public static void AddAccess(this IServiceCollection services, AccessHost host)
    {
        services.AddSingleton<CallerStore>();
        services.AddSingleton<KnownCallers>();
        services.AddSingleton<Csrf>();
        services.AddHttpClient();
        services.AddSingleton<IssuerKeys>();
        services.AddSingleton<Oidc>();
        services.AddSingleton<IdentityStore>();
        services.AddSingleton<LinkIdentity>();
        services.AddSingleton<UserTokens>();
        services.AddSingleton<Authenticator>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<Admission>();
        services.AddLoop<KeyUse>();

        services.AddSingleton<SiteStore>();
        services.AddSingleton<MemberStore>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<InvitationStore>();
        services.AddSingleton<PasswordResetStore>();
        services.AddSingleton<DeliveryStore>();
        services.AddUseCases();
        services.AddSingleton<AccessGrpcService>();
        services.AddSingleton<AccountGrpcService>();
        services.AddHostedService<Bootstrap>();
        services.AddHostedService(_ => host);
    }

    static void AddUseCases(this IServiceCollection services)
    {
        services.AddSingleton<PasswordSignIn>();
        services.AddSingleton<SignInDelays>();
        services.AddSingleton<SlowHashes>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<CreateSite>();
        services.AddSingleton<UpdateSite>();
        services.AddSingleton<CreateKey>();

        services.AddSingleton<Links>();
        services.AddSingleton<LinkSender>();
        services.AddLoop<DeliverLinks>();
        services.AddSingleton<InvitationLimit>();
        services.AddSingleton<InviteMember>();
        services.AddSingleton<RenewInvitation>();
        services.AddSingleton<UpdateMember>();
        services.AddSingleton<RemoveMember>();

        services.AddSingleton<FindInvitation>();
        services.AddSingleton<AcceptInvitation>();
        services.AddSingleton<JoinSite>();
        services.AddSingleton<UpdateAccount>();
        services.AddSingleton<ChangePassword>();
        services.AddSingleton<RequestPasswordReset>();
        services.AddSingleton<ResetPassword>();
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
