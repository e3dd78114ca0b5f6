using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways.Routing;

/// <summary>Converts the path of a call to one form, from which both its route and its variables are read.</summary>
/// <remarks>
/// The server's own form decodes the path, then removes dot segments, and keeps `%2F`. So it does not distinguish `..`
/// from `%2E%2E`, nor `a/b` from `a%2Fb`, and variables can move. Here a segment is the text between two slashes as
/// they were sent. Dot segments are refused, because a client that uses them resolves them before it sends.
/// </remarks>
public sealed class CanonicalPathMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var segments = RawPath(context).Split('/');
        var first = segments.Length > 1 ? PercentText.Decode(segments[1]) : null;
        if (!IsCall(first))
        {
            // Other paths may be normalized, unless the result would be a call.
            return segments.All(segment => !IsDots(PercentText.Decode(segment))) ? next(context) : throw HasDots();
        }

        var decoded = new string[segments.Length];
        for (var index = 0; index < segments.Length; index++)
        {
            if (IsDots(segments[index]))
                throw HasDots();
            decoded[index] = PercentText.Decode(segments[index]) ?? throw new InvalidInput("path", "must be UTF-8, percent-encoded.");
        }

        context.Features.Set(new PathSegments(decoded));
        context.Request.Path = new PathString(string.Join('/', decoded.Select(segment => segment.Replace("/", "%2F", StringComparison.Ordinal))));
        return next(context);
    }

    static bool IsCall(string? first) =>
        "api".Equals(first, StringComparison.OrdinalIgnoreCase) || "sdk".Equals(first, StringComparison.OrdinalIgnoreCase);

    static bool IsDots(string? segment) => segment is "." or "..";

    static InvalidInput HasDots() => new("path", "must not have . or .. between slashes; an id of dots is written %2E or %2E%2E.");

    // The target is a path, or a whole URL in the form for proxies.
    static string RawPath(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
            target = target.IndexOf('/', scheme + 3) is >= 0 and var path ? target[path..] : "/";
        return target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? target[..query] : target;
    }
}
