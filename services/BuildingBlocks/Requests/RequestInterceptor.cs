using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>
/// Checks every request by its type before any handler runs, so that every entry point refuses the same, and makes each
/// site wait for its turn.
/// </summary>
/// <param name="gate">Null for a service without a database.</param>
/// <param name="keyed">Null for a service whose objects have no keys.</param>
public sealed class RequestInterceptor(SiteGate? gate = null, IKeyed? keyed = null) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var lost = Check(request, context);
        using var turn = gate is null || SiteOf(context) is not { } siteId ? null : await gate.EnterAsync(siteId, context.CancellationToken);
        context.BeginTurn(turn);
        if (keyed is not null && request is IMessage message && context.FindCaller() is { } caller)
            await keyed.ResolveAsync(message, caller.SiteId, context.CancellationToken);
        var response = await continuation(request, context);
        LostParts.Tell(response as IMessage, lost ?? []);
        return response;
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(request, context);
        return continuation(request, responseStream, context);
    }

    // Calls between services belong to work in progress, so they wait for no turn.
    static Guid? SiteOf(ServerCallContext context) =>
        context.FindCaller() is { Role: not Role.Service } caller && caller.SiteId != ServiceCall.AllSites ? caller.SiteId : null;

    // Returns what is left out of a request that is mended.
    static List<Violation>? Check<TRequest>(TRequest request, ServerCallContext context)
    {
        var role = RpcRoles.All.GetValueOrDefault(context.Method)?.Role;
        // Calls between services carry requests that were checked at an entry point already, perhaps in an older and
        // more permissive release, and nest them one level deeper.
        if (role == Role.Service || request is not IMessage message)
            return null;

        var lost = role == Role.Person ? new List<Violation>() : null;
        if (RequestShape.Of(message.Descriptor).Find(message, lost) is { } violation)
            throw new InvalidInput([violation]);
        return lost;
    }
}
