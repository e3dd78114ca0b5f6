using Google.Protobuf;
using Grpc.Core;
using Journeys.Access.Callers;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Gateways.Admissions;
using Journeys.Gateways.Auditing;
using Journeys.Gateways.Frames;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Microsoft.Extensions.Options;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Transcoding;

/// <summary>
/// The core of the proxy pipeline: admits a call, converts it to gRPC, lets YARP forward it, and converts the answer
/// back.
/// </summary>
public sealed class TranscodingMiddleware(
    RequestDelegate next,
    RpcCatalog catalog,
    Admission admission,
    OutgoingHeaders outgoing,
    OpenStreams streams,
    AuditTrail audit,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<TranscodingMiddleware> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var route = catalog.ById[context.GetReverseProxyFeature().Route.Config.RouteId];
        // A page waits less long than a backend.
        var limit = TimeSpan.FromSeconds(route.Rpc.Role == Role.Person ? options.Value.SdkTimeoutSeconds : options.Value.CallTimeoutSeconds);
        var asked = route.IsNative ? CallTime.Asked(context.Request.Headers) : null;
        context.Features.Set(new CallTime(asked < limit ? asked.Value : limit, time, asked));
        SingleHeaders.Check(context.Request.Headers);
        return route.IsNative ? PassThroughAsync(context, route) : TranscodeAsync(context, route);
    }

    async Task PassThroughAsync(HttpContext context, CallRoute route)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) || !GrpcFrame.IsIn(context.Request.ContentType))
            throw NotGrpc(route);

        var credentials = Credentials.Of(context.Request, route);
        var admitted = await admission.AdmitAsync(context, route, credentials);
        Admission.CheckNative(admitted, route);
        using var frame = await CallTime.Of(context).SpareAsync(RequestBody.ReadFrameAsync(context, route));
        if (!route.Rpc.Streams)
        {
            await CallNativelyAsync(context, route.Rpc, admitted, frame);
            return;
        }

        using var ticket = admitted is null ? null : streams.Open(context, route, admitted, credentials, null);
        await StreamNativelyAsync(context, route.Rpc, admitted, frame, ticket);
    }

    async Task StreamNativelyAsync(HttpContext context, Rpc rpc, Admitted? admitted, PooledBuffer frame, StreamTicket? ticket)
    {
        var clientGone = ticket?.ClientGone ?? context.RequestAborted;
        var headers = outgoing.Native(context, admitted, rpc);
        var stream = new NativeStream(context);
        context.Features.Set(stream);
        using var answer = new GrpcAnswer(stream.OnFrameAsync);
        using (GrpcExchange.Begin(context, rpc, headers, frame.AsStream(), answer))
            await next(context);

        context.RequestAborted = clientGone;
        if (clientGone.IsCancellationRequested)
            return;

        var problem = ticket?.Ended ?? (IsOurs(context, rpc, answer) ? ProblemOf(context, rpc, answer) : null);
        if (stream.Started)
            await stream.EndAsync(problem, answer.Trailers);
        else if (problem is not null)
            await ProblemDetailsMiddleware.AnswerAsync(context, problem);
        else
            await answer.CopyToAsync(context.Response, clientGone);
    }

    static GatewayError NotGrpc(CallRoute route) =>
        new(StatusCode.InvalidArgument, "NOT_GRPC", $"This path is for gRPC over HTTP/2, at the gateway's gRPC address. Browsers, and clients of gRPC-Web and Connect, call {route.Rpc.RestRoute}.")
        {
            HttpStatus = StatusCodes.Status415UnsupportedMediaType,
        };

    // The answer is buffered until the gateway knows whether the service rejected its token. The audit log needs the id
    // of a created object.
    async Task CallNativelyAsync(HttpContext context, Rpc rpc, Admitted? admitted, PooledBuffer frame)
    {
        var request = rpc.Target is null ? null : NativeMessage.Read(frame, context.Request.Headers, rpc.Method.InputType);
        var row = await audit.BeginAsync(context, rpc, admitted, request);
        var headers = outgoing.Native(context, admitted, rpc);
        using var answer = new GrpcAnswer();
        using (GrpcExchange.Begin(context, rpc, headers, frame.AsStream(), answer))
            await next(context);

        var problem = ProblemOf(context, rpc, answer);
        if (row is not null)
            await audit.EndAsync(context, row, rpc, problem, problem is null ? NativeMessage.Read(answer, rpc.Method.OutputType) : null);
        if (problem is not null && IsOurs(context, rpc, answer))
            await ProblemDetailsMiddleware.AnswerAsync(context, problem);
        else
            await answer.CopyToAsync(context.Response, context.RequestAborted);
    }

    async Task TranscodeAsync(HttpContext context, CallRoute route)
    {
        var credentials = Credentials.Of(context.Request, route);
        // The caller is checked before the body is read, so that a refused caller cannot send a megabyte. Only
        // sendBeacon has its key in the body.
        var isEarly = credentials.Found || !route.IsSdk;
        var admitted = isEarly ? await admission.AdmitAsync(context, route, credentials) : null;
        using var body = await CallTime.Of(context).SpareAsync(RequestBody.ReadAsync(context, route));
        if (route.IsSdk)
            credentials.AddFromBody(body.Span);
        if (!isEarly)
            admitted = await admission.AdmitAsync(context, route, credentials);

        var (message, leftOut) = RequestBinder.Bind(context, route, body.Span);
        admitted = await admission.CheckPersonAsync(context, route, admitted, credentials, message);
        using var frame = GrpcFrame.Of(message);
        if (route.Rpc.Streams)
        {
            using var stream = admitted is null ? null : streams.Open(context, route, admitted, credentials, message);
            await StreamAsync(context, route.Rpc, admitted, frame, stream);
        }
        else
        {
            await CallAsync(context, route.Rpc, admitted, message, frame, leftOut);
        }
    }

    async Task CallAsync(
        HttpContext context, Rpc rpc, Admitted? admitted, IMessage message, PooledBuffer frame, IReadOnlyList<Violation> leftOut)
    {
        var row = await audit.BeginAsync(context, rpc, admitted, message);
        using var answer = new GrpcAnswer();
        await ForwardAsync(context, rpc, admitted, frame, answer);
        var problem = ProblemOf(context, rpc, answer);
        var answered = problem is null ? rpc.Method.OutputType.Parser.ParseFrom(answer.Message!.Value.Span) : null;
        if (row is not null)
            await audit.EndAsync(context, row, rpc, problem, answered);
        if (problem is not null)
        {
            await ProblemDetailsMiddleware.AnswerAsync(context, problem);
            return;
        }

        LostParts.Tell(answered, leftOut);
        using var json = new PooledBuffer();
        ProtoJson.Write(answered!, json);
        var response = context.Response;
        if (answer.Headers.TryGetValue("set-cookie", out var cookies))
            response.Headers.SetCookie = cookies;
        response.Headers.CacheControl = "no-store";
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.Body.WriteAsync(json.Memory, context.RequestAborted);
    }

    async Task StreamAsync(HttpContext context, Rpc rpc, Admitted? admitted, PooledBuffer frame, StreamTicket? stream)
    {
        var clientGone = stream?.ClientGone ?? context.RequestAborted;
        var events = new ServerSentEvents(context, rpc.Method.OutputType);
        context.Features.Set(events);
        using var answer = new GrpcAnswer(events.OnFrameAsync);
        await ForwardAsync(context, rpc, admitted, frame, answer);
        context.RequestAborted = clientGone;
        if (clientGone.IsCancellationRequested || (stream?.Ended ?? ProblemOf(context, rpc, answer)) is not { } problem)
            return;
        if (events.Started)
            await events.EndAsync(problem, clientGone);
        else
            await ProblemDetailsMiddleware.AnswerAsync(context, problem);
    }

    async Task ForwardAsync(HttpContext context, Rpc rpc, Admitted? admitted, PooledBuffer frame, GrpcAnswer answer)
    {
        using var exchange = GrpcExchange.Begin(context, rpc, outgoing.Transcoded(context, admitted, rpc), frame.AsStream(), answer);
        await next(context);
    }

    Problem? ProblemOf(HttpContext context, Rpc rpc, GrpcAnswer answer)
    {
        if (answer.Status == StatusCode.OK && (answer.Message is not null || rpc.Streams))
            return null;

        if (ForwardFailure.IsDisbelieved(rpc, answer))
            return Disbelieved(rpc);

        return answer.Status is not null and not StatusCode.OK ? Problem.Of(answer) : ForwardFailure.Of(context) ?? ForwardFailure.Unreachable;
    }

    // What else a service refuses is passed on as it is.
    static bool IsOurs(HttpContext context, Rpc rpc, GrpcAnswer answer) =>
        answer.Status is null or StatusCode.OK || CallTime.Of(context).IsOverForClient || ForwardFailure.IsDisbelieved(rpc, answer);

    Problem Disbelieved(Rpc rpc)
    {
        logger.LogError("{Method} rejected the token of the gateway: their clocks or Identity:SigningKey differ", rpc.Path);
        return ForwardFailure.Unreachable;
    }
}
