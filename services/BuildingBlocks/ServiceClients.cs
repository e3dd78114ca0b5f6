using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks;

/// <summary>How a service calls another: `client.GetVersionAsync(request, ServiceCall.For(siteId, ct))`.</summary>
public static class ServiceCall
{
    /// <summary>How long a call may take when the caller does not say.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(5);

    /// <summary>What stands for a site in calls about all of them. No site has this id.</summary>
    public static readonly Guid AllSites = Guid.Empty;

    internal const string SiteHeader = "journeys-site";

    /// <summary>Options for a call on behalf of a site, with the role SERVICE.</summary>
    /// <param name="siteId">The site the call is about.</param>
    /// <param name="ct">Gives the call up.</param>
    /// <param name="deadline">How long it may take; 5 seconds when null.</param>
    public static CallOptions For(Guid siteId, CancellationToken ct, TimeSpan? deadline = null) =>
        new(new Metadata { { SiteHeader, siteId.ToString() } }, DateTime.UtcNow + (deadline ?? DefaultDeadline), ct);
}

/// <summary>Registers clients of the other services.</summary>
public static class ServiceClientExtensions
{
    /// <summary>A gRPC client of the service whose base address is in `Services:{service}`. Calls are signed by this service.</summary>
    /// <exception cref="InvalidOperationException">The address is missing or is none.</exception>
    /// <param name="service">The service.</param>
    /// <param name="name">Tells clients of one type apart, when several services answer the same calls; null: the type's name.</param>
    public static WebApplicationBuilder AddServiceClient<TClient>(this WebApplicationBuilder builder, string service, string? name = null)
        where TClient : ClientBase<TClient>
    {
        var setting = builder.Configuration[$"Services:{service}"];
        if (!Uri.TryCreate(setting, UriKind.Absolute, out var address))
            throw new InvalidOperationException($"Services:{service} must be the base address of that service, such as http://127.0.0.1:7101.");

        var caller = builder.Environment.ApplicationName;
        builder.Services.AddGrpcClient<TClient>(name ?? typeof(TClient).Name, client => client.Address = address)
            .AddInterceptor(provider => new ServiceCallInterceptor(provider.GetRequiredService<IdentityTokens>(), caller))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(2),
                EnableMultipleHttp2Connections = true,
                // In KiB, as in the gateway: larger headers would cut the connection with all calls on it.
                MaxResponseHeadersLength = 128,
                KeepAlivePingDelay = TimeSpan.FromSeconds(20),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            });
        return builder;
    }
}

/// <summary>Replaces the site that <see cref="ServiceCall.For"/> named by a signed token, and sees to it that every call has a deadline.</summary>
sealed class ServiceCallInterceptor(IdentityTokens tokens, string service) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Signed(context, context.Options.Deadline ?? DateTime.UtcNow + ServiceCall.DefaultDeadline));

    // A stream may stay open; its reader decides for how long.
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Signed(context, context.Options.Deadline));

    ClientInterceptorContext<TRequest, TResponse> Signed<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, DateTime? deadline)
        where TRequest : class
        where TResponse : class
    {
        var site = context.Options.Headers?.GetValue(ServiceCall.SiteHeader)
            ?? throw new InvalidOperationException("Call other services with ServiceCall.For(siteId, ct).");

        var headers = new Metadata();
        foreach (var entry in context.Options.Headers.Where(entry => entry.Key != ServiceCall.SiteHeader))
            headers.Add(entry);
        headers.Add("authorization", $"Bearer {tokens.Sign(new Caller(Guid.Parse(site), service, Role.Service))}");

        var options = context.Options.WithHeaders(headers);
        return new(context.Method, context.Host, deadline is { } end ? options.WithDeadline(end) : options);
    }
}
