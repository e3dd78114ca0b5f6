using Grpc.AspNetCore.Server;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks;

/// <summary>Adds what every deployable has: settings, logs, telemetry, gRPC with errors and identity, health.</summary>
public static class ServiceDefaults
{
    /// <summary>
    /// Adds the defaults. Settings come from `appsettings.{service}.json` beside the program; every other source
    /// overrides them.
    /// </summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder, string service)
    {
        builder.AddLowestSettings($"appsettings.{service}.json");
        CheckAddresses(builder.Configuration);
        builder.AddLogging();
        builder.AddTelemetry(service);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSettings<IdentityOptions>("Identity").Validate(
            identity => identity.AreLongEnough(),
            "Identity:SigningKey and each of Identity:AcceptedKeys must be base64 of at least 32 bytes.");
        services.AddSettings<TlsOptions>("Tls");
        services.AddSingleton<IValidateOptions<TlsOptions>, TlsOptionsCheck>();
        services.AddSingleton<ServiceCertificates>();
        services.AddSingleton<IdentityTokens>();
        services.AddSingleton<ErrorInterceptor>();
        services.AddSingleton<IdentityInterceptor>();
        services.AddSingleton<RequestInterceptor>();
        services.AddGrpc(ConfigureGrpc);
        services.AddHealthChecks().AddCheck("process", () => HealthCheckResult.Healthy(), tags: ["ready"]);
        services.AddReadableRequests();
        services.AddGrpcHealthChecks(health => health.Services.Map("", check => check.Tags.Contains("ready")));
        return builder;
    }

    /// <summary>
    /// Maps the health checks: gRPC's own protocol, `/health/live` (the process runs), `/health/ready` (it can serve)
    /// and `/health/detail` (the result of every check, including those that only degrade). Also maps the dead letters
    /// of a service that consumes messages.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<TlsOptions>>().Value.IsOn)
            app.Use(ServiceListener.OnlyHealthInCleartext);
        app.MapGrpcHealthChecksService();
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready"), ResponseWriter = HealthAnswer.WriteAsync });
        app.MapHealthChecks("/health/detail", new HealthCheckOptions { ResponseWriter = HealthAnswer.WriteDetailAsync });
        if (app.Services.GetService<IServiceProviderIsService>()?.IsService(typeof(FailedMessages)) == true)
            app.MapGrpcService<DeadLetterStoreGrpcService>();
        return app;
    }

    // Errors come first, so that this interceptor also reports the refusals of the others. Identity comes before the
    // request, so that callers without permission do not learn what is wrong with the request.
    static void ConfigureGrpc(GrpcServiceOptions options)
    {
        // 1 MiB of JSON, such as a list of numbers, can become six times as much protobuf.
        options.MaxReceiveMessageSize = 8 * 1024 * 1024;
        options.Interceptors.Add<ErrorInterceptor>();
        options.Interceptors.Add<IdentityInterceptor>();
        options.Interceptors.Add<RequestInterceptor>();
    }

    // The file is named after the service and read from the program's own folder, because one process can host several
    // services.
    static void AddLowestSettings(this WebApplicationBuilder builder, string file) =>
        builder.Configuration.Sources.Insert(0, new JsonConfigurationSource
        {
            FileProvider = new PhysicalFileProvider(AppContext.BaseDirectory),
            Path = file,
        });

    // Checked early, because Kestrel would report an invalid address only after PostgreSQL was contacted.
    static void CheckAddresses(ConfigurationManager configuration)
    {
        foreach (var url in (configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            BindingAddress.Parse(url);
    }

    static void AddLogging(this WebApplicationBuilder builder)
    {
        var silence = new StartSilence();
        builder.Services.AddHostedService(_ => silence);
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => silence.IsOver && level >= LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => silence.IsOver && level >= LogLevel.Error);
        // The caller gets the same failure as an exception, and logs its meaning in one line.
        builder.Logging.AddFilter("Grpc.Net.Client", LogLevel.None);
        builder.Logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
    }
}
