using Journeys.Access.Accounts;
using Journeys.Access.Auditing;
using Journeys.Access.Callers;
using Journeys.Access.Deliveries;
using Journeys.Access.Members;
using Journeys.Access.Sites;
using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Access;

/// <summary>Adds access to the program that hosts it, the gateway.</summary>
public static class AccessSetup
{
    /// <summary>
    /// Adds the schema `access`, the lookups that the gateway makes for each call, and the service behind the socket.
    /// </summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="socket">The socket on which the service listens.</param>
    public static WebApplicationBuilder AddAccess(this WebApplicationBuilder builder, string[] args, AccessSocket socket)
    {
        builder.AddPostgres(schema: "access", typeof(AccessSetup).Assembly, outbox: false);

        var services = builder.Services;
        services.AddSettings<AccessOptions>("Access");
        services.AddSingleton<IValidateOptions<AccessOptions>, AccessOptionsCheck>();
        services.AddSettings<AuditOptions>("Audit");
        services.AddCallers();
        services.AddAudit();
        services.AddSites();
        services.AddMembers();
        services.AddAccounts();
        services.AddSingleton<AccessGrpcService>();
        services.AddSingleton<AccountGrpcService>();
        services.AddSingleton<ResetCommand>();
        services.AddSingleton<RemoveAuthenticatorCommand>();
        services.AddHostedService<Bootstrap>();
        // Added by a factory, so that the container disposes of the socket.
        services.AddSingleton(_ => socket);
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<AccessHost>(provider, [args]));
        return builder;
    }

    static void AddCallers(this IServiceCollection services)
    {
        services.AddHttpClient();
        services.AddSingleton<CallerStore>();
        services.AddSingleton<KnownCallers>();
        services.AddSingleton<IssuerKeys>();
        services.AddSingleton<Oidc>();
        services.AddSingleton<LinkIdentity>();
        services.AddSingleton<IssuerSignIns>();
        services.AddSingleton<UserTokens>();
        services.AddSingleton<Authenticator>();
        services.AddLoop<KeyUse>();
    }

    static void AddAudit(this IServiceCollection services)
    {
        services.AddSingleton<AuditStore>();
        services.AddSingleton<AuditPseudonyms>();
        services.AddSingleton<AccountAudit>();
        services.AddSingleton<ListAuditEntries>();
        services.AddSingleton<AuditGrpcService>();
        services.AddLoop<DeleteOldAudit>();
    }

    static void AddSites(this IServiceCollection services)
    {
        services.AddSingleton<SiteStore>();
        services.AddSingleton<CreateSite>();
        services.AddSingleton<UpdateSite>();
        services.AddSingleton<KeyStore>();
        services.AddSingleton<CreateKey>();
    }

    static void AddMembers(this IServiceCollection services)
    {
        services.AddSingleton<MemberStore>();
        services.AddSingleton<InvitationStore>();
        services.AddSingleton<InvitationLimit>();
        services.AddSingleton<FindInvitation>();
        services.AddSingleton<InviteMember>();
        services.AddSingleton<RenewInvitation>();
        services.AddSingleton<UpdateMember>();
        services.AddSingleton<RemoveMember>();

        services.AddSingleton<DeliveryStore>();
        services.AddSingleton<Links>();
        services.AddSingleton<LinkSender>();
        services.AddLoop<DeliverLinks>();
    }

    static void AddAccounts(this IServiceCollection services)
    {
        services.AddSingleton<SessionStore>();
        services.AddSingleton<PasswordSignIn>();
        services.AddSingleton<SignInDelays>();
        services.AddSingleton<SlowHashes>();
        services.AddSingleton<DescribeSession>();
        services.AddSingleton<BeginSession>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<SignOut>();
        services.AddSingleton<AcceptInvitation>();
        services.AddSingleton<JoinSite>();
        services.AddSingleton<LeaveSite>();
        services.AddSingleton<UpdateAccount>();

        services.AddSingleton<OwnPassword>();
        services.AddSingleton<ChangePassword>();
        services.AddSingleton<PasswordResetStore>();
        services.AddSingleton<RequestPasswordReset>();
        services.AddSingleton<ResetPassword>();

        services.AddSingleton<SecondFactor>();
        services.AddSingleton<CreateAuthenticator>();
        services.AddSingleton<ConfirmAuthenticator>();
        services.AddSingleton<DeleteAuthenticator>();
    }
}
