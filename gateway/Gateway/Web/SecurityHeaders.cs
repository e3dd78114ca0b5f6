namespace Journeys.Gateways.Web;

/// <summary>Sets headers that limit what browsers do with the gateway's answers.</summary>
static class SecurityHeaders
{
    const string Strict =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>
    /// The policy of the page that previews content: a separate origin without access to the dashboard, and images from
    /// anywhere.
    /// </summary>
    public const string Preview =
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src https: http: data:; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts allow-forms";

    public static void UseSecurityHeaders(this WebApplication app, GatewayOptions options)
    {
        var stay = $"max-age={options.HstsDays * 86_400}";
        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            if (context.Request.IsHttps && options.HstsDays > 0)
                headers.StrictTransportSecurity = stay;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
            if (!context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/sdk"))
                headers.ContentSecurityPolicy = Strict;
            return next(context);
        });
    }
}
