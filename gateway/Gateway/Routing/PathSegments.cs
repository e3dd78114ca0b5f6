using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways.Routing;

/// <summary>The decoded parts of a call's path, as <see cref="CanonicalPathMiddleware"/> found them.</summary>
/// <param name="Decoded">The parts. The first is what stands before the first slash: nothing.</param>
sealed record PathSegments(IReadOnlyList<string> Decoded)
{
    /// <summary>The text of a variable.</summary>
    public static string Of(HttpContext context, PathVariable variable) =>
        context.Features.GetRequiredFeature<PathSegments>().Decoded[variable.Segment];
}
