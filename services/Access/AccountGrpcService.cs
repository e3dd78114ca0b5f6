using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Access.Accounts;
using Journeys.Access.Deliveries;
using Journeys.Access.Members;
using Journeys.BuildingBlocks.Identities;
using Microsoft.Extensions.Options;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Access;

/// <summary>Serves accounts over gRPC: calls that people make about their own account.</summary>
public sealed class AccountGrpcService(
    FindInvitation find, AcceptInvitation accept, JoinSite join, UpdateAccount update, ChangePassword changePassword,
    RequestPasswordReset requestReset, ResetPassword reset, CreateAuthenticator createAuthenticator, ConfirmAuthenticator confirmAuthenticator,
    DeleteAuthenticator deleteAuthenticator, Links links, IOptions<AccessOptions> options)
    : Proto.AccountService.AccountServiceBase
{
    public override Task<Proto.SignInOptions> GetSignInOptions(Proto.GetSignInOptionsRequest request, ServerCallContext context) =>
        Task.FromResult(new Proto.SignInOptions
        {
            Password = options.Value.PasswordSignIn,
            PasswordReset = options.Value.PasswordSignIn && links.AreDelivered,
            Issuer = options.Value.Oidc.Authority,
        });

    public override Task<Proto.Invitation> FindInvitation(Proto.FindInvitationRequest request, ServerCallContext context) =>
        find.FindAsync(request.Token, context.CancellationToken);

    public override async Task<Proto.Session> AcceptInvitation(Proto.AcceptInvitationRequest request, ServerCallContext context)
    {
        var client = ClientOf.Call(context);
        var session = await accept.AcceptAsync(request, client.Address, context.CancellationToken);
        await context.SetSessionCookieAsync(session, client);
        return session;
    }

    public override Task<Proto.Session> JoinSite(Proto.JoinSiteRequest request, ServerCallContext context) =>
        join.JoinAsync(request.Token, ClientOf.Call(context), context.Caller(), context.CancellationToken);

    public override Task<Proto.Session> UpdateAccount(Proto.UpdateAccountRequest request, ServerCallContext context) =>
        update.UpdateAsync(request.Name, ClientOf.Call(context), context.Caller(), context.CancellationToken);

    public override async Task<Empty> ChangePassword(Proto.ChangePasswordRequest request, ServerCallContext context)
    {
        await changePassword.ChangeAsync(request, ClientOf.Call(context), context.Caller(), context.CancellationToken);
        return new Empty();
    }

    public override async Task<Empty> RequestPasswordReset(Proto.RequestPasswordResetRequest request, ServerCallContext context)
    {
        await requestReset.RequestAsync(request.Email, ClientOf.Call(context).Address, context.CancellationToken);
        return new Empty();
    }

    public override async Task<Empty> ResetPassword(Proto.ResetPasswordRequest request, ServerCallContext context)
    {
        await reset.ResetAsync(request, ClientOf.Call(context).Address, context.CancellationToken);
        return new Empty();
    }

    public override Task<Proto.Authenticator> CreateAuthenticator(Proto.CreateAuthenticatorRequest request, ServerCallContext context) =>
        createAuthenticator.CreateAsync(request.Password, ClientOf.Call(context), context.Caller(), context.CancellationToken);

    public override async Task<Proto.ConfirmAuthenticatorResponse> ConfirmAuthenticator(
        Proto.ConfirmAuthenticatorRequest request, ServerCallContext context) => new()
        {
            RecoveryCodes = { await confirmAuthenticator.ConfirmAsync(request.Code, ClientOf.Call(context), context.Caller(), context.CancellationToken) },
        };

    public override async Task<Empty> DeleteAuthenticator(Proto.DeleteAuthenticatorRequest request, ServerCallContext context)
    {
        await deleteAuthenticator.DeleteAsync(request, ClientOf.Call(context), context.Caller(), context.CancellationToken);
        return new Empty();
    }
}
