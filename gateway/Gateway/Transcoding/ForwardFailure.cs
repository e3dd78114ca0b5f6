using Grpc.Core;
using Journeys.Gateways.Frames;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Journeys.Gateways.Transcoding;

/// <summary>What went wrong between the gateway and a service.</summary>
static class ForwardFailure
{
    public static readonly Problem Unreachable =
        new(StatusCode.Unavailable, "SERVICE_UNAVAILABLE", "A service cannot be reached. Try again.", []) { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>A service does not believe who calls, though the gateway has admitted them. The gateway's own part refuses credentials by rights.</summary>
    public static bool IsDisbelieved(Rpc rpc, GrpcAnswer answer) =>
        answer.Status == StatusCode.Unauthenticated && rpc.Cluster != "access" && Problem.Of(answer).Reason == "NOT_SIGNED_IN";

    static readonly Problem TooLate = new(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "A service did not answer in time.", []);

    public static Problem? Of(HttpContext context) => context.Features.Get<IForwarderErrorFeature>()?.Error switch
    {
        null => null,
        ForwarderError.RequestTimedOut => TooLate,
        _ => Unreachable,
    };
}
