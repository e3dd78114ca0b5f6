using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.BuildingBlocks.Failures;

/// <summary>Converts exceptions to gRPC statuses with `ErrorInfo` and field violations; no other code does.</summary>
public sealed class ErrorInterceptor(ILogger<ErrorInterceptor> logger, NpgsqlDataSource? database = null) : Interceptor
{
    readonly StackTraces stacks = new();

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => continuation(request, context), context);

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => continuation(requestStream, context), context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => Wrap(continuation(request, responseStream, context)), context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(() => Wrap(continuation(requestStream, responseStream, context)), context);

    static async Task<bool> Wrap(Task call)
    {
        await call;
        return true;
    }

    async Task<T> GuardAsync<T>(Func<Task<T>> call, ServerCallContext context)
    {
        try
        {
            return await call();
        }
        catch (Exception exception)
        {
            throw ToStatus(exception, context);
        }
    }

    RpcException ToStatus(Exception exception, ServerCallContext context)
    {
        if (database is not null && SpoiledConnections.MayLeave(exception))
            SpoiledConnections.Drop(database);
        if (exception is DomainException refusal)
            return Describe(refusal);
        if (context.CancellationToken.IsCancellationRequested)
            return GivenUp(context);
        if (exception is RpcException called && PassesOn(called))
            return new RpcException(called.Status, called.Trailers);

        if (exception is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled })
        {
            logger.LogWarning(exception, "A database statement of {Method} timed out, trace {TraceId}", context.Method, TraceId());
            return Describe(
                StatusCode.DeadlineExceeded, "STATEMENT_TIMEOUT", "A database statement timed out; nothing was changed.");
        }

        if (Faults.Of(exception) == Fault.Passing)
        {
            logger.LogWarning(stacks.WhenDue(exception), "{Method} failed temporarily ({Problem}), trace {TraceId}", context.Method, exception.Message, TraceId());
            return Describe(new Unreachable());
        }

        logger.LogError(exception, "{Method} failed, trace {TraceId}", context.Method, TraceId());
        return Describe(new InternalError());
    }

    // What a called service says about the request or the state is true for our caller too. A refused sign-in or an
    // internal error of that service is our own fault. UNIMPLEMENTED without a message comes from the generated base
    // class of our own rpc that is not built yet; a replica of an older release adds a message, and the next call may
    // reach another replica.
    static bool PassesOn(RpcException called) =>
        called.StatusCode is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Internal or StatusCode.Unknown
            or StatusCode.DataLoss or StatusCode.Cancelled or StatusCode.OK)
        && !(called.StatusCode == StatusCode.Unavailable && called.GetRpcStatus() is null)
        && called is not { StatusCode: StatusCode.Unimplemented, Status.Detail.Length: > 0 };

    static RpcException GivenUp(ServerCallContext context) =>
        context.Deadline <= DateTime.UtcNow
            ? Describe(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "The call took longer than its deadline.")
            : Describe(StatusCode.Cancelled, "CANCELLED", "The caller gave up.");

    static RpcException Describe(DomainException refusal) => RefusalStatus.Of(refusal).ToRpcException();

    static RpcException Describe(StatusCode code, string reason, string message) =>
        RefusalStatus.Of(code, reason, message, []).ToRpcException();

    static string TraceId() => Activity.Current?.TraceId.ToString() ?? "none";
}
