using Journeys.BuildingBlocks.Connections;
using Journeys.Gateways.Frames;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Journeys.Gateways.Forwarding;

/// <summary>Retries a call on another destination when the first one certainly did not receive it completely.</summary>
/// <remarks>A service begins nothing before the end of the request has come.</remarks>
public sealed class RetryMiddleware(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var body = (MemoryStream)context.Request.Body;
        // Ours, because load balancing leaves only the one that it chose.
        var left = proxy.AvailableDestinations;
        while (true)
        {
            await next(context);
            left = [.. left.Where(destination => destination != proxy.ProxiedDestination)];
            if (!NeverArrived(context, body) || left.Count == 0)
                return;

            proxy.AvailableDestinations = left;
            context.Features.Set<IForwarderErrorFeature>(null);
            ForgetAnswer(context);
            // Not the same one, because the try before may still be reading it.
            context.Request.Body = body = PooledBuffer.Again(body);
        }
    }

    // Anything else may have been carried out.
    static bool NeverArrived(HttpContext context, MemoryStream body)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || context.Features.Get<IForwarderErrorFeature>() is not { } failure)
            return false;

        return ServiceConnections.NeverArrived(failure.Exception)
            || WasCutShort(failure.Error)
            || (failure.Error is ForwarderError.Request && body.Position < body.Length);
    }

    /// <summary>Whether the connection ended while the request was sent.</summary>
    /// <remarks>The proxy blames the client for some of it. But the whole request is in memory, so it is never the client's fault.</remarks>
    public static bool WasCutShort(ForwarderError? error) => error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyDestination;

    static void ForgetAnswer(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseFeature>() is GrpcAnswer answer)
            answer.Reset();
        else
            context.Response.Clear();
    }
}
