using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways;

/// <summary>Reads a variable from the path as the client wrote it.</summary>
static class PathText
{
    // The server leaves %2F as it is, so that from its path `a/b` and `a%2Fb` cannot be told apart any more.
    public static string Of(HttpContext context, PathVariable variable)
    {
        var routed = (string)context.Request.RouteValues[variable.Field.Name]!;
        if (!routed.Contains('%'))
            return routed;

        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var segments = raw.Split('?')[0].Split('/');
        return raw.StartsWith('/') && segments.Length > variable.Segment ? Uri.UnescapeDataString(segments[variable.Segment]) : routed;
    }
}
