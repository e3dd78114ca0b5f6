using Journeys.BuildingBlocks.Connections;
using Journeys.Gateways.Frames;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Journeys.Gateways.Forwarding;

/// <summary>
/// Retries a call at another destination when the first one certainly did not receive the whole request.
/// </summary>
/// <remarks>A service starts no work before it has the whole request.</remarks>
public sealed class RetryMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var body = (MemoryStream)context.Request.Body;
        // A copy, because load balancing leaves only the destination that it chose.
        var left = proxy.AvailableDestinations;
        while (true)
        {
            await next(context);
            left = [.. left.Where(destination => destination != proxy.ProxiedDestination)];
            if (!NeverArrived(context, body) || left.Count == 0)
                return;

            proxy.AvailableDestinations = left;
            context.Features.Set<IForwarderErrorFeature>(null);
            ((GrpcAnswer)context.Features.GetRequiredFeature<IHttpResponseFeature>()).Reset();
            // A new stream, because the previous attempt may still read the old one.
            context.Request.Body = body = PooledBuffer.Again(body);
        }
    }

    // After any other failure the call may have been carried out.
    static bool NeverArrived(HttpContext context, MemoryStream body)
    {
        if (context.RequestAborted.IsCancellationRequested || context.Features.Get<IForwarderErrorFeature>() is not { } failure)
            return false;

        return ServiceConnections.NeverArrived(failure.Exception)
            || WasCutShort(failure.Error)
            || (failure.Error is ForwarderError.Request && body.Position < body.Length);
    }

    /// <summary>Returns whether the connection ended while the request was sent.</summary>
    /// <remarks>
    /// The proxy attributes some of these failures to the client. But the whole request is in memory, so the client
    /// never causes them.
    /// </remarks>
    public static bool WasCutShort(ForwarderError? error) => error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyDestination;
}
