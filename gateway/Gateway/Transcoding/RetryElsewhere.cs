using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Journeys.Gateways;

/// <summary>Tries a call on another destination when it certainly never reached the first.</summary>
public sealed class RetryElsewhere(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var body = context.Request.Body;
        // Ours, because load balancing leaves only the one that it chose.
        var left = proxy.AvailableDestinations;
        while (true)
        {
            await next(context);
            left = [.. left.Where(destination => destination != proxy.ProxiedDestination)];
            if (!NeverArrived(context, body.CanSeek) || left.Count == 0)
                return;

            proxy.AvailableDestinations = left;
            context.Features.Set<IForwarderErrorFeature>(null);
            ForgetAnswer(context);
            if (body.CanSeek)
                body.Position = 0;
        }
    }

    // Anything later may have been carried out. A native call's body is gone once it was sent.
    static bool NeverArrived(HttpContext context, bool canSendBodyAgain) =>
        !context.Response.HasStarted
        && context.Features.Get<IForwarderErrorFeature>()?.Exception is { } failure
        && (canSendBodyAgain ? ServiceConnections.NeverArrived(failure) : ServiceConnections.NeverSent(failure));

    static void ForgetAnswer(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseFeature>() is GrpcAnswer answer)
            answer.Reset();
        else
            context.Response.Clear();
    }
}
