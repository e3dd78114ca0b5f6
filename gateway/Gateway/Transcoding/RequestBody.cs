using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.Gateways.Frames;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Transcoding;

/// <summary>Reads a request's body and checks that the route accepts it.</summary>
public static class RequestBody
{
    const int SdkLimit = 64 * 1024;
    const int ApiLimit = 1024 * 1024;

    /// <summary>Returns the bytes; empty when there is no body.</summary>
    /// <exception cref="DomainException">The body is refused with 400, 413 or 415.</exception>
    public static async Task<PooledBuffer> ReadAsync(HttpContext context, CallRoute route)
    {
        var request = context.Request;
        if (request.ContentLength == 0 || context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false)
            return new PooledBuffer();
        if (!route.HasBody)
            throw new InvalidInput("body", "must be empty for this call.");

        var limit = route.IsSdk ? SdkLimit : ApiLimit;
        if (request.ContentLength > limit)
            throw TooLarge(limit);

        var body = new PooledBuffer((int)(request.ContentLength ?? 4096) + 1);
        try
        {
            await FillAsync(body, request.Body, limit, head: 0, context.RequestAborted);
            // A chunked request may be empty, and an empty body needs no type.
            if (body.Length > 0)
                CheckType(request, route.IsSdk);
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns the whole frame of a native call: one message, because no public rpc streams from the client.
    /// </summary>
    /// <exception cref="DomainException">The body is not one gRPC message, or is too large.</exception>
    public static async Task<PooledBuffer> ReadFrameAsync(HttpContext context, CallRoute route)
    {
        const int head = GrpcFrame.HeadLength;
        var limit = route.Rpc.Role == Role.Person ? SdkLimit : ApiLimit;
        if (context.Request.ContentLength > limit + head)
            throw TooLarge(limit);

        var body = new PooledBuffer();
        try
        {
            await FillAsync(body, context.Request.Body, limit, head, context.RequestAborted);
            if (!GrpcFrame.IsWhole(body.Span))
                throw new InvalidInput("body", "must be one gRPC message.");
            // Checked here, because the service would refuse without a reason.
            return NativeMessage.IsLargerThan(limit, body, context.Request.Headers) ? throw TooLarge(limit) : body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    static async Task FillAsync(PooledBuffer body, Stream source, int limit, int head, CancellationToken ct)
    {
        try
        {
            int read;
            while ((read = await source.ReadAsync(body.GetMemory(), ct)) > 0)
            {
                body.Advance(read);
                if (body.Length > limit + head)
                    throw TooLarge(limit);
            }
        }
        catch (IOException exception) when (exception is not BadHttpRequestException && !ct.IsCancellationRequested)
        {
            // For instance, the size of a chunk does not fit into 32 bits.
            throw new GatewayError(StatusCode.InvalidArgument, "BAD_REQUEST", "The body cannot be read.");
        }
    }

    static void CheckType(HttpRequest request, bool isSdk)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !IsJson(type.MediaType.Value!, isSdk))
            throw Unsupported("WRONG_CONTENT_TYPE", "Send JSON, as application/json.");
        if (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            throw Unsupported("WRONG_CHARSET", "Send JSON as UTF-8.");
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity")
            throw Unsupported("WRONG_ENCODING", "Send the body as it is, not compressed.");
    }

    // sendBeacon sends strings as text/plain, which also avoids a preflight.
    static bool IsJson(string type, bool isSdk) =>
        type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || (isSdk && type.Equals("text/plain", StringComparison.OrdinalIgnoreCase));

    static GatewayError Unsupported(string reason, string message) =>
        new(StatusCode.InvalidArgument, reason, message) { HttpStatus = StatusCodes.Status415UnsupportedMediaType };

    static GatewayError TooLarge(int limit) =>
        new(StatusCode.InvalidArgument, "BODY_TOO_LARGE", $"The body is larger than {limit / 1024} KiB.")
        {
            HttpStatus = StatusCodes.Status413PayloadTooLarge,
        };
}
