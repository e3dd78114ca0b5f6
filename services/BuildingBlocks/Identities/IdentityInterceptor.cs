using Grpc.Core;
using Grpc.Core.Interceptors;
using Journeys.Protos;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Identities;

/// <summary>
/// Admits a call when its token has the role that the proto requires with `(journeys.options.v1.access)`.
/// </summary>
/// <remarks>
/// Only the token is trusted. An rpc without the option is closed to every caller. gRPC's own services, health checks
/// and reflection, are open where they are served.
/// </remarks>
public sealed class IdentityInterceptor(IdentityTokens tokens) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        return await continuation(requestStream, context);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(request, responseStream, context);
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await AdmitAsync(context);
        await continuation(requestStream, responseStream, context);
    }

    async Task AdmitAsync(ServerCallContext context)
    {
        if (context.Method.StartsWith("/grpc.", StringComparison.Ordinal))
            return;

        if (!RpcRoles.All.TryGetValue(context.Method, out var needed) || needed.Role == Role.Unspecified)
            throw new NotAllowed($"{context.Method} does not say who may call it.");

        const string scheme = "Bearer ";
        var header = context.RequestHeaders.GetValue("authorization") ?? "";
        if (header.Length == 0 && needed.Role == Role.Public)
            return;
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            throw new NotSignedIn("This call needs an identity token.");

        var caller = await tokens.VerifyAsync(header[scheme.Length..]);
        if (!needed.Admits(caller.Role))
            throw new NotAllowed($"This call needs the role {needed.LeastOfMembers().Text()}.");

        context.UserState[CallerExtensions.StateKey] = caller;
    }
}
