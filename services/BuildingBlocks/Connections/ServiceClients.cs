using Grpc.Core;
using Grpc.Core.Interceptors;
using Journeys.BuildingBlocks.Identities;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>
/// Makes the options of calls to another service: `client.GetVersionAsync(request, ServiceCall.For(siteId, ct))`.
/// </summary>
public static class ServiceCall
{
    /// <summary>Default deadline of a call.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(5);

    /// <summary>The site id of calls about all sites. No site has this id.</summary>
    public static readonly Guid AllSites = Guid.Empty;

    internal const string SiteHeader = "journeys-site";

    /// <summary>Returns the options of a call on behalf of a site, with the role SERVICE.</summary>
    /// <param name="siteId">The site that the call is about.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <param name="deadline">The deadline; 5 seconds when null.</param>
    public static CallOptions For(Guid siteId, CancellationToken ct, TimeSpan? deadline = null) =>
        new(new Metadata { { SiteHeader, siteId.ToString() } }, DateTime.UtcNow + (deadline ?? DefaultDeadline), ct);
}

/// <summary>Registers clients of the other services.</summary>
public static class ServiceClientExtensions
{
    /// <summary>
    /// Adds a gRPC client of the service whose base address is in `Services:{service}`; several addresses are separated
    /// by commas.
    /// </summary>
    /// <remarks>
    /// This service signs its calls. A call that certainly never reached the service is sent again, to the next
    /// address.
    /// </remarks>
    /// <param name="service">The service.</param>
    /// <param name="name">
    /// Distinguishes clients of one type when several services answer the same calls; null for the name of the type.
    /// </param>
    /// <exception cref="InvalidOperationException">An address is missing or invalid.</exception>
    public static WebApplicationBuilder AddServiceClient<TClient>(this WebApplicationBuilder builder, string service, string? name = null)
        where TClient : ClientBase<TClient>
    {
        var addresses = ServiceAddresses.Of(builder.Configuration, service);
        var caller = builder.Environment.ApplicationName;
        builder.Services.AddGrpcClient<TClient>(name ?? typeof(TClient).Name, client => client.Address = addresses[0])
            .AddInterceptor(provider => new ServiceCallInterceptor(
                provider.GetRequiredService<IdentityTokens>(), caller, provider.GetRequiredService<ILogger<ServiceCallInterceptor>>()))
            .ConfigurePrimaryHttpMessageHandler(provider => NewHandler(addresses, provider.GetRequiredService<ServiceCertificates>()));
        return builder;
    }

    static SendAgain NewHandler(IReadOnlyList<Uri> addresses, ServiceCertificates certificates)
    {
        var handler = new SocketsHttpHandler { PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan };
        new ServiceConnections(addresses, certificates).Configure(handler);
        return new SendAgain(handler);
    }
}

/// <summary>Reads `Services:*`.</summary>
public static class ServiceAddresses
{
    /// <summary>
    /// Returns the base addresses of a service, at least one. With `Tls` all of them begin with https.
    /// </summary>
    /// <exception cref="InvalidOperationException">An address is missing or invalid, or does not begin with https although it must.</exception>
    public static IReadOnlyList<Uri> Of(IConfiguration configuration, string service)
    {
        var key = $"Services:{char.ToUpperInvariant(service[0])}{service[1..]}";
        var addresses = (configuration[key] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (addresses.Length == 0 || !addresses.All(address => Uri.TryCreate(address, UriKind.Absolute, out _)))
        {
            throw new InvalidOperationException(
                $"{key} must be the base address of that service, such as http://127.0.0.1:7101, or several with commas between.");
        }

        Uri[] found = [.. addresses.Select(address => new Uri(address))];
        var secure = found.Count(address => address.Scheme == Uri.UriSchemeHttps);
        if (secure < found.Length && (secure > 0 || configuration.GetSection("Tls").Get<TlsOptions>()?.IsOn == true))
        {
            throw new InvalidOperationException(
                $"{key} must begin with https:// in every address, because Tls:CertificateFile is set or one of them does.");
        }

        return found;
    }
}

/// <summary>Sends a call again when it certainly never reached the service, because replicas come and go.</summary>
sealed class SendAgain(HttpMessageHandler next) : DelegatingHandler(next)
{
    const int Tries = 3;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException exception) when (attempt < Tries && ServiceConnections.NeverArrived(exception))
            {
                // Sends the call again: a gRPC message can be serialized anew for each attempt.
            }
        }
    }
}

/// <summary>
/// Replaces the site that <see cref="ServiceCall.For"/> named by a signed token, and gives unary calls a deadline.
/// </summary>
sealed class ServiceCallInterceptor(IdentityTokens tokens, string service, ILogger<ServiceCallInterceptor> logger) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, Signed(context, context.Options.Deadline ?? DateTime.UtcNow + ServiceCall.DefaultDeadline));
        return new(BelievedAsync(call.ResponseAsync, context.Method.FullName), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    // A stream may stay open; its reader decides how long.
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(request, Signed(context, context.Options.Deadline));

    // Temporary for the caller: it ends when an operator corrects the clock or the key.
    async Task<TResponse> BelievedAsync<TResponse>(Task<TResponse> response, string method)
    {
        try
        {
            return await response;
        }
        catch (RpcException refusal) when (refusal.StatusCode == StatusCode.Unauthenticated)
        {
            logger.LogError("{Method} rejected the token of {Service}: their clocks or Identity:SigningKey differ", method, service);
            throw new RpcException(new Status(StatusCode.Unavailable, $"{method} rejected the token of {service}: their clocks or Identity:SigningKey differ.", refusal));
        }
    }

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
