using Grpc.Core;
using Journeys.Access.Callers;
using Journeys.Gateways.Problems;

namespace Journeys.Gateways.Admissions;

/// <summary>Allows pages of the site's allowed origins to call /sdk.</summary>
public sealed class CorsMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.Path.StartsWithSegments("/sdk") || request.Headers.Origin.Count == 0)
            return next(context);

        // A preflight has no key, so its site is not known. The call itself is checked.
        Allow(context, request.Headers.Origin.ToString());
        if (!HttpMethods.IsOptions(request.Method) || !request.Headers.ContainsKey("Access-Control-Request-Method"))
            return next(context);

        var headers = context.Response.Headers;
        headers.AccessControlAllowMethods = "GET, POST";
        headers.AccessControlAllowHeaders = "Content-Type, X-API-Key, X-User-Token, Idempotency-Key";
        headers.AccessControlMaxAge = "600";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <exception cref="GatewayError">The site does not allow the origin of the page.</exception>
    public static void CheckOrigin(RequestOrigin origin, Admitted admitted, IHeaderDictionary? answer)
    {
        if (!origin.IsForeign || admitted.Site is not { AllowedOrigins: { Length: > 0 } allowed } || allowed.Contains(origin.Page, StringComparer.OrdinalIgnoreCase))
            return;

        answer?.AccessControlAllowOrigin = default;
        throw new GatewayError(StatusCode.PermissionDenied, "ORIGIN_NOT_ALLOWED", $"The site does not allow calls from {origin.Page}.");
    }

    static void Allow(HttpContext context, string origin)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = "Retry-After";
        headers.Vary = "Origin";
    }
}

/// <summary>The origin of the calling page.</summary>
/// <param name="Page">Null when the caller is not a page.</param>
/// <param name="Own">The gateway's own origin, as the caller sees it.</param>
public readonly record struct RequestOrigin(string? Page, string? Own)
{
    /// <summary>
    /// Whether the page has another origin than the gateway. The gateway's own pages, such as the demo, are always
    /// allowed.
    /// </summary>
    public bool IsForeign => Page is not null && Page != Own;

    public static RequestOrigin Of(HttpRequest request) =>
        request.Headers.Origin.ToString() is { Length: > 0 } page ? new(page, OriginOf($"{request.Scheme}://{request.Host}")) : default;

    // Written as browsers write origins, because a proxy may name the default port.
    static string OriginOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var known) ? known.GetLeftPart(UriPartial.Authority) : address;
}
