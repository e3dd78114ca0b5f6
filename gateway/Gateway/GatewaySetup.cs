using Journeys.BuildingBlocks;
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
        services.AddSettings<StreamOptions>("Streams");
        services.AddSettings<AuditOptions>("Audit");
        return builder.Configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
    }

    public static void AddAccess(this IServiceCollection services, AccessHost host)
    {
        services.AddSingleton<CallerStore>();
        services.AddSingleton<KnownCallers>();
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
        services.AddLoop<OpenStreams>();

        services.AddSingleton<SiteStore>();
        services.AddSingleton<MemberStore>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<InvitationStore>();
        services.AddSingleton<PasswordResetStore>();
        services.AddSingleton<DeliveryStore>();
        services.AddAudit();
        services.AddUseCases();
        services.AddSingleton<AccessGrpcService>();
        services.AddSingleton<AccountGrpcService>();
        services.AddHostedService<Bootstrap>();
        services.AddSingleton(host);
        services.AddHostedService(_ => host);
    }

    static void AddAudit(this IServiceCollection services)
    {
        services.AddSingleton<AuditStore>();
        services.AddSingleton<AuditPseudonyms>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<AccountAuditStore>();
        services.AddSingleton<AccountAudit>();
        services.AddSingleton<IssuerSignIns>();
        services.AddSingleton<ListAuditEntries>();
        services.AddSingleton<AuditGrpcService>();
        services.AddLoop<DeleteOldAudit>();
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
        services.AddSingleton<LeaveSite>();

        services.AddSingleton<FindInvitation>();
        services.AddSingleton<AcceptInvitation>();
        services.AddSingleton<JoinSite>();
        services.AddSingleton<UpdateAccount>();
        services.AddSingleton<ChangePassword>();
        services.AddSingleton<OwnPassword>();
        services.AddSingleton<SecondFactor>();
        services.AddSingleton<CreateAuthenticator>();
        services.AddSingleton<ConfirmAuthenticator>();
        services.AddSingleton<DeleteAuthenticator>();
        services.AddSingleton<RequestPasswordReset>();
        services.AddSingleton<ResetPassword>();
    }
}
