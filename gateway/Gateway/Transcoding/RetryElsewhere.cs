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
            if (!NeverArrived(context) || left.Count == 0)
                return;

            proxy.AvailableDestinations = left;
            context.Features.Set<IForwarderErrorFeature>(null);
            ForgetAnswer(context);
            body.Position = 0;
        }
    }

    // Anything later may have been carried out.
    static bool NeverArrived(HttpContext context) =>
        !context.Response.HasStarted && ServiceConnections.NeverArrived(context.Features.Get<IForwarderErrorFeature>()?.Exception);

    static void ForgetAnswer(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseFeature>() is GrpcAnswer answer)
            answer.Reset();
        else
            context.Response.Clear();
    }
}
