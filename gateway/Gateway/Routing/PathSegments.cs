using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways.Routing;

/// <summary>The decoded parts of a call's path, from <see cref="CanonicalPathMiddleware"/>.</summary>
/// <param name="Decoded">The parts. The first is the empty text before the first slash.</param>
sealed record PathSegments(IReadOnlyList<string> Decoded)
{
    /// <summary>Returns the text of a variable.</summary>
    public static string Of(HttpContext context, PathVariable variable) =>
        context.Features.GetRequiredFeature<PathSegments>().Decoded[variable.Segment];
}
