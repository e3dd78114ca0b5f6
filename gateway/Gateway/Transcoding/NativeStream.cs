using Journeys.Gateways.Problems;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Journeys.Gateways.Transcoding;

/// <summary>Passes the messages of a native streaming call on as they arrive.</summary>
/// <remarks>Passes on complete messages only, so that a status can follow at any time.</remarks>
sealed class NativeStream(HttpContext context)
{
    // The response to the client. While YARP forwards, the context has another one.
    readonly IHttpResponseFeature response = context.Features.GetRequiredFeature<IHttpResponseFeature>();
    readonly IHttpResponseBodyFeature body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
    readonly IHttpResponseTrailersFeature trailers = context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>();

    public bool Started { get; private set; }

    /// <summary>Starts the response when the service has accepted the call, before the first message.</summary>
    public static void StartEarly(TransformBuilderContext builder) =>
        builder.AddResponseTransform(async transform =>
        {
            var context = transform.HttpContext;
            // A refusal has its status in the headers, and the client may get another one.
            if (transform.ProxyResponse is { IsSuccessStatusCode: true } answer && !answer.Headers.Contains("grpc-status")
                && context.Features.Get<NativeStream>() is { } stream)
            {
                await stream.StartAsync(context.Response.Headers, context.RequestAborted);
            }
        });

    public async ValueTask OnFrameAsync(ReadOnlyMemory<byte> frame, CancellationToken ct) => await body.Writer.WriteAsync(frame, ct);

    /// <summary>Writes the status with which the stream ends.</summary>
    /// <param name="problem">Why the gateway ends the stream; null if the service ended it.</param>
    /// <param name="answered">The trailers of the service.</param>
    public Task EndAsync(Problem? problem, IHeaderDictionary answered)
    {
        if (problem is not null)
        {
            problem.For(context).WriteTo(trailers.Trailers);
        }
        else
        {
            foreach (var (name, value) in answered)
                trailers.Trailers[name] = value;
        }

        return body.CompleteAsync();
    }

    async Task StartAsync(IHeaderDictionary headers, CancellationToken ct)
    {
        Started = true;
        foreach (var (name, value) in headers)
            response.Headers[name] = value;
        await body.StartAsync(ct);
    }
}
