using Grpc.Core;

namespace Journeys.Gateways;

/// <summary>Lets pages of the site's allowed origins call /sdk.</summary>
public sealed class Cors(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.Path.StartsWithSegments("/sdk") || request.Headers.Origin.Count == 0)
            return next(context);

        // A preflight has no key, so it cannot be known whose origins count; the call itself is checked.
        Allow(context, request.Headers.Origin.ToString());
        if (!HttpMethods.IsOptions(request.Method) || !request.Headers.ContainsKey("Access-Control-Request-Method"))
            return next(context);

        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST";
        headers.AccessControlAllowHeaders = "Content-Type, X-API-Key, X-User-Token, Authorization, Idempotency-Key";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <exception cref="Refusal">The page is of an origin that the site does not allow.</exception>
    public static void CheckOrigin(HttpContext context, Admitted admitted)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || admitted.Site is not { AllowedOrigins: { Length: > 0 } allowed })
            return;
        // Our own pages, such as the demo, are welcome.
        if (allowed.Contains(origin, StringComparer.OrdinalIgnoreCase) || origin == $"{context.Request.Scheme}://{context.Request.Host}")
            return;

        context.Response.Headers.AccessControlAllowOrigin = default;
        throw new Refusal(StatusCode.PermissionDenied, "ORIGIN_NOT_ALLOWED", $"The site does not allow calls from {origin}.");
    }

    static void Allow(HttpContext context, string origin)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = "Retry-After";
        headers.Vary = "Origin";
    }
}
