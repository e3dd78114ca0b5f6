using Journeys.BuildingBlocks.Connections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Journeys.BuildingBlocks;

/// <summary>The settings under `Metrics`.</summary>
public sealed record MetricsOptions
{
    /// <summary>
    /// The address where Prometheus finds `/metrics` and nothing else, such as `http://0.0.0.0:9464`. Empty for none.
    /// </summary>
    public string Url { get; init; } = "";
}

/// <summary>
/// Exports metrics and spans: to a collector by OTLP, to Prometheus (metrics only), to both or to none.
/// </summary>
static class TelemetryExtensions
{
    public static void AddTelemetry(this WebApplicationBuilder builder, string service)
    {
        builder.Services.AddSettings<MetricsOptions>("Metrics");
        var isPushed = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var isScraped = !string.IsNullOrEmpty(builder.Configuration["Metrics:Url"]);
        // Without a receiver, nothing has to be measured.
        if (!isPushed && !isScraped)
            return;

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"journeys-{service}"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Telemetry.MeterName, "Npgsql", "System.Runtime").AddAspNetCoreInstrumentation();
                if (isScraped)
                    metrics.AddPrometheusExporter();
            });
        if (isScraped)
            builder.Services.AddHostedService<MetricsListener>();
        if (isPushed)
        {
            telemetry.WithTracing(tracing => tracing.AddSource(Telemetry.Activities.Name, "MassTransit").AddAspNetCoreInstrumentation().AddNpgsql())
                .UseOtlpExporter();
        }
    }
}

/// <summary>
/// Serves `/metrics` at a separate address, because the public must not see it, and because Prometheus has neither a
/// token nor HTTP/2 without TLS.
/// </summary>
sealed class MetricsListener(IOptions<MetricsOptions> options, MeterProvider meters) : IHostedService, IAsyncDisposable
{
    WebApplication? app;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var address = ServiceListener.ParseAddress("Metrics:Url", options.Value.Url);
        if (ServiceListener.IsHttps(address))
            throw new InvalidOperationException($"Metrics:Url must begin with http://; {address} does not.");

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenAt(address, address.Port, _ => { });
        });
        app = builder.Build();
        app.UseOpenTelemetryPrometheusScrapingEndpoint(meters, null, "/metrics", null, null);
        app.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        await app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
    }
}
