using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Journeys.BuildingBlocks.Connections;

/// <summary>Configures the addresses where a program listens.</summary>
public static class ServiceListener
{
    /// <summary>
    /// With `Tls`, makes a service accept only programs with a certificate. Without it, the service listens at `urls`
    /// in cleartext.
    /// </summary>
    /// <exception cref="InvalidOperationException">An address is invalid, or is not an https address although `Tls` is set.</exception>
    public static WebApplicationBuilder AddServiceListener(this WebApplicationBuilder builder)
    {
        var tls = builder.Configuration.GetSection("Tls").Get<TlsOptions>() ?? new TlsOptions();
        if (!tls.IsOn)
            return builder;

        var urls = (builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        var addresses = urls.Select(url => ParseAddress("urls", url)).ToList();
        if (addresses.FirstOrDefault(address => !IsHttps(address)) is { } clear)
            throw new InvalidOperationException($"urls must begin with https:// because Tls:CertificateFile is set; {clear} does not.");
        var health = tls.HealthUrl.Length > 0 ? ParseAddress("Tls:HealthUrl", tls.HealthUrl) : null;
        if (health is not null && IsHttps(health))
            throw new InvalidOperationException($"Tls:HealthUrl must begin with http:// because probes have no certificate; {health} does not.");

        // The addresses are bound below, one by one, so the server must not bind them again.
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var address in addresses)
                kestrel.ListenAt(address, address.Port, UseMutualTls);
            if (health is not null)
                kestrel.ListenAt(health, health.Port, listen => listen.Protocols = HttpProtocols.Http2);
        });
        return builder;
    }

    /// <summary>Reads an address to listen at.</summary>
    /// <param name="key">The setting that it comes from.</param>
    /// <param name="url">The address.</param>
    /// <exception cref="InvalidOperationException">It is not a valid address.</exception>
    public static BindingAddress ParseAddress(string key, string url)
    {
        try
        {
            return BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new InvalidOperationException($"{key} must be an address such as http://0.0.0.0:8080, but it is {url}.");
        }
    }

    /// <summary>Returns whether an address uses TLS.</summary>
    public static bool IsHttps(BindingAddress address) => address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);

    /// <summary>Listens at the host of an address: an IP address, `localhost`, or anything else for all addresses of the machine.</summary>
    public static void ListenAt(this KestrelServerOptions kestrel, BindingAddress address, int port, Action<ListenOptions> configure)
    {
        if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, port, configure);
        // "localhost" is two addresses, which cannot share a dynamic port.
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && port != 0)
            kestrel.ListenLocalhost(port, configure);
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            kestrel.Listen(IPAddress.Loopback, port, configure);
        else
            kestrel.ListenAnyIP(port, configure);
    }

    /// <summary>
    /// With `Tls`, restricts cleartext calls to health checks: these calls arrived at `Tls:HealthUrl`.
    /// </summary>
    internal static Task OnlyHealthInCleartext(HttpContext context, RequestDelegate next)
    {
        if (context.Request.IsHttps || context.Request.Path.StartsWithSegments("/health") || context.Request.Path.StartsWithSegments("/grpc.health.v1.Health"))
            return next(context);

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    static void UseMutualTls(ListenOptions listen)
    {
        var certificates = listen.ApplicationServices.GetRequiredService<ServiceCertificates>();
        listen.Protocols = HttpProtocols.Http2;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = connection => ValueTask.FromResult(certificates.ForServer(connection.Connection.RemoteEndPoint)),
        });
    }
}
