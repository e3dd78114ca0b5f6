namespace Journeys.Gateways.Web;

/// <summary>Headers that keep browsers from doing more with our answers than is meant.</summary>
static class SecurityHeaders
{
    const string Strict =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>For the page that previews content: an origin of its own without access to the dashboard's, and pictures from anywhere.</summary>
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
