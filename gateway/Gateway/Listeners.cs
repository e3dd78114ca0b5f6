using Journeys.BuildingBlocks.Connections;
using Journeys.Gateways.Admissions;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Journeys.Gateways;

/// <summary>
/// Configures the addresses where the gateway listens: the public ones, then the one for native gRPC.
/// </summary>
/// <remarks>
/// In cleartext a server cannot detect whether a client uses HTTP/1.1 or HTTP/2, so gRPC needs its own port.
/// </remarks>
public static class Listeners
{
    public static void AddListeners(this WebApplicationBuilder builder, GatewayOptions options)
    {
        var urls = (builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
        var addresses = urls.Select(url => ServiceListener.ParseAddress("urls", url)).ToList();
        var grpc = options.GrpcUrl.Length > 0 ? ServiceListener.ParseAddress("Gateway:GrpcUrl", options.GrpcUrl) : null;

        // The addresses are bound below, one by one, so the server must not bind them again.
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            RequestHeadMiddleware.Set(kestrel.Limits);
            foreach (var address in addresses)
                Listen(kestrel, address, address.Port, HttpProtocols.Http1AndHttp2);
            if (grpc is not null)
                Listen(kestrel, grpc, grpc.Port, HttpProtocols.Http2);
            else
                Listen(kestrel, addresses[0], addresses[0].Port == 0 ? 0 : addresses[0].Port + 1, HttpProtocols.Http2);
        });
    }

    static void Listen(KestrelServerOptions kestrel, BindingAddress address, int port, HttpProtocols protocols) => kestrel.ListenAt(address, port, listen =>
    {
        var secure = ServiceListener.IsHttps(address);
        listen.Protocols = secure || protocols == HttpProtocols.Http2 ? protocols : HttpProtocols.Http1;
        if (secure)
            listen.UseHttps();
    });
}
