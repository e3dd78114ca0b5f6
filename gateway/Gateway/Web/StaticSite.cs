using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Journeys.Gateways.Web;

/// <summary>Serves the dashboard at `/`, the SDK at `/sdk.js` and, if configured, its demo at `/demo`.</summary>
static class StaticSite
{
    public static void UseStaticSite(this WebApplication app, GatewayOptions options)
    {
        var dashboard = BuiltFolder.Find(app, options.Dashboard, "dashboard/dist", "Dashboard");
        if (options.DemoConfig.Length > 0)
            app.UseDemo(options);
        app.UseSdk(BuiltFolder.Find(app, options.Sdk, "sdk/dist", "Sdk"));
        app.UseFolder("", dashboard);
        // Only the dashboard's own script knows its routes.
        app.Use((context, next) => IsPage(context) ? ShowDashboardAsync(context, dashboard) : next(context));
    }

    static void UseFolder(this WebApplication app, string path, string? folder)
    {
        if (folder is null)
            return;

        var files = new PhysicalFileProvider(folder);
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files, RequestPath = path, RedirectToAppendTrailingSlash = true });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, RequestPath = path, OnPrepareResponse = SetCaching });
    }

    // A demo product for newcomers. Served only with a configured key and journey.
    static void UseDemo(this WebApplication app, GatewayOptions options)
    {
        app.UseFolder("/demo", BuiltFolder.Find(app, options.Demo, "sdk/demo", "Demo"));
        app.MapGet("/demo/config.json", () => File.Exists(options.DemoConfig) ? Results.File(options.DemoConfig, "application/json") : Results.NotFound());
    }

    static void UseSdk(this WebApplication app, string? folder)
    {
        if (folder is null)
            return;

        var files = new PhysicalFileProvider(folder);
        app.UseWhen(
            context => context.Request.Path.Value is "/sdk.js" or "/sdk.render.js" or "/sdk.js.map" or "/sdk.render.js.map",
            sdk => sdk.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = ForOtherOrigins }));
        app.UseWhen(
            context => context.Request.Path.Value is "/sdk.preview.html" or "/sdk.preview.js" or "/sdk.preview.js.map",
            preview => preview.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = ForPreview }));
    }

    // File names in assets/ contain a hash of the content; all other files are revalidated by ETag.
    static void SetCaching(StaticFileResponseContext file) =>
        file.Context.Response.Headers.CacheControl =
            file.Context.Request.Path.Value!.Contains("/assets/", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";

    static void ForOtherOrigins(StaticFileResponseContext file)
    {
        var headers = file.Context.Response.Headers;
        headers.CacheControl = "public, max-age=300";
        headers.AccessControlAllowOrigin = "*";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
    }

    static void ForPreview(StaticFileResponseContext file)
    {
        SetCaching(file);
        file.Context.Response.Headers.ContentSecurityPolicy = SecurityHeaders.Preview;
    }

    static bool IsPage(HttpContext context) =>
        context.GetEndpoint() is null
        && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && !context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/sdk")
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    static Task ShowDashboardAsync(HttpContext context, string? folder)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        if (folder is not null && File.Exists(Path.Combine(folder, "index.html")))
            return context.Response.SendFileAsync(Path.Combine(folder, "index.html"), context.RequestAborted);

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync(
            "<!doctype html><title>Journeys</title><p>The dashboard is not built. Run <code>npm ci</code> and <code>npm run build</code> in gateway, then start again. The API is at <a href=\"/docs\">/docs</a>.",
            context.RequestAborted);
    }
}
