using Journeys.Gateways.Frames;
using Journeys.Gateways.Routing;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Journeys.Gateways.Transcoding;

/// <summary>A native streaming call, whose messages pass through unchanged.</summary>
sealed class NativeStream(Rpc rpc)
{
    /// <summary>Whether the service rejected the gateway's token. Nothing of such a refusal is passed on.</summary>
    public bool IsDisbelieved { get; private set; }

    /// <summary>Holds such a refusal back before the response to the client begins.</summary>
    public static void HoldDisbelief(TransformBuilderContext builder) =>
        builder.AddResponseTransform(transform =>
        {
            var response = transform.HttpContext.Response;
            if (transform.HttpContext.Features.Get<NativeStream>() is { } stream && stream.IsRefusedBy(response.Headers))
            {
                transform.SuppressResponseBody = true;
                response.Clear();
            }

            return default;
        });

    // A service refuses before it sends anything, and then the status is among the headers.
    bool IsRefusedBy(IHeaderDictionary headers)
    {
        using var answer = new GrpcAnswer { Headers = headers };
        return IsDisbelieved = ForwardFailure.IsDisbelieved(rpc, answer);
    }
}
