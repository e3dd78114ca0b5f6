using Journeys.Gateways.Frames;
using Journeys.Gateways.Routing;
using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways.Transcoding;

/// <summary>
/// Replaces the client's request and response while YARP forwards, so that nothing of the client passes through
/// unchecked.
/// </summary>
public sealed class GrpcExchange : IHttpRequestBodyDetectionFeature, IDisposable
{
    readonly HttpContext context;
    readonly IHttpRequestFeature request;
    readonly IHttpRequestBodyDetectionFeature? detection;
    readonly IHttpResponseFeature response;
    readonly IHttpResponseBodyFeature responseBody;
    readonly IHttpResponseTrailersFeature? trailers;

    GrpcExchange(HttpContext context)
    {
        this.context = context;
        request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        detection = context.Features.Get<IHttpRequestBodyDetectionFeature>();
        response = context.Features.GetRequiredFeature<IHttpResponseFeature>();
        responseBody = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        trailers = context.Features.Get<IHttpResponseTrailersFeature>();
    }

    public bool CanHaveBody => true;

    /// <summary>Replaces the client's call by the gRPC call to the service.</summary>
    public static GrpcExchange Begin(HttpContext context, Rpc rpc, IHeaderDictionary headers, Stream body, GrpcAnswer answer)
    {
        var exchange = new GrpcExchange(context);
        exchange.SetRequest(rpc.Path, headers, body);
        context.Features.Set<IHttpRequestBodyDetectionFeature>(exchange);
        context.Features.Set<IHttpResponseFeature>(answer);
        context.Features.Set<IHttpResponseBodyFeature>(answer);
        context.Features.Set<IHttpResponseTrailersFeature>(answer);
        return exchange;
    }

    public void Dispose()
    {
        context.Features.Set(request);
        context.Features.Set(detection);
        context.Features.Set(response);
        context.Features.Set(responseBody);
        context.Features.Set(trailers);
    }

    void SetRequest(string path, IHeaderDictionary headers, Stream body) =>
        context.Features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Post,
            Protocol = HttpProtocol.Http2,
            Scheme = request.Scheme,
            Path = path,
            Headers = headers,
            Body = body,
        });
}
