using Grpc.Core;
using Journeys.Gateways.Frames;
using Journeys.Gateways.Problems;
using Journeys.Gateways.Routing;
using Yarp.ReverseProxy.Forwarder;

namespace Journeys.Gateways.Transcoding;

/// <summary>The failures between the gateway and a service.</summary>
static class ForwardFailure
{
    public static readonly Problem Unreachable =
        new(StatusCode.Unavailable, "SERVICE_UNAVAILABLE", "A service cannot be reached. Try again.", []) { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>
    /// Returns whether a service rejects the caller's token although the gateway has admitted the caller. The access
    /// service in the gateway may refuse credentials.
    /// </summary>
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
