namespace Journeys.Gateways.Web;

/// <summary>Headers that keep browsers from doing more with our answers than is meant.</summary>
static class SecurityHeaders
{
    const string Strict =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

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
