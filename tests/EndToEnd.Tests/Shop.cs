using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Journeys.EndToEnd.Tests;

/// <summary>A customer's site on an origin of its own, whose pages load the SDK under the strictest policy that it promises to work with.</summary>
public sealed class Shop : IAsyncDisposable
{
    // In a file of its own, because the policy allows no inline script.
    const string Script = $$"""
        window.seen = [];
        const given = new URLSearchParams(location.search).get('init');
        const see = (name, ...rest) => seen.push([name, ...rest].join(' '));
        DAP('on', 'step', step => see('step', step.nodeId));
        DAP('on', 'stepGone', step => see('gone', step.nodeId));
        DAP('on', 'error', error => see('error', error.reason));
        if (given) {
          const options = JSON.parse(given);
          const hands = options.hands;
          delete options.hands;
          DAP('init', {
            tenantKey: '{{Deployment.PublishableKey}}', debug: true, ...options,
            journeys: {
              onJourneyStart: (id, name) => see('start', name),
              onStepComplete: (id, step, index) => see('done', step.nodeId, step.outcome, index),
              onJourneyComplete: () => see('complete'),
              ...(hands && { onStep: step => { window.step = step; return hands === step.contentType; } }),
              ...options.journeys,
            },
          });
        }
        """;

    readonly WebApplication app;

    Shop(WebApplication app) => this.app = app;

    public Uri Address => new(app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<Shop> StartAsync(Uri gateway)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var origin = gateway.GetLeftPart(UriPartial.Authority);
        var snippet = await File.ReadAllTextAsync(RepoRoot.Under("gateway/sdk/demo/snippet.js"));
        app.MapGet("/shop.js", () => Results.Text(snippet + Script, "text/javascript"));
        app.MapFallback(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            var scripts = context.Request.Path == "/nonce" ? "'nonce-shop'" : $"'self' {origin}";
            context.Response.Headers.ContentSecurityPolicy = $"default-src 'none'; script-src {scripts}; connect-src {origin}; img-src data:; require-trusted-types-for 'script'; trusted-types dap";
            return context.Response.WriteAsync(Page(origin));
        });
        await app.StartAsync();
        return new Shop(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    static string Page(string gateway) => $"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Shop</title><link rel="icon" href="data:,"></head>
        <body>
          <main><h1>Shop</h1><p><button id="buy" type="button">Buy a plant</button></p><p><a id="more" href="/more">More plants</a></p></main>
          <script nonce="shop" src="/shop.js"></script>
          <script nonce="shop" async src="{gateway}/sdk.js"></script>
        </body>
        </html>
        """;
}
