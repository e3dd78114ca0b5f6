using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Journeys.Gateways;

/// <summary>Answers AccessService, AccountService and AuditService like any other service: over gRPC, reached through YARP.</summary>
/// <remarks>Only this machine can connect, and only the gateway knows the word that every call must bring: what it says of the client is believed.</remarks>
public sealed class AccessHost : IHostedService, IAsyncDisposable
{
    /// <summary>The header with the word.</summary>
    public const string WordHeader = "journeys-gateway";

    readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly string[] args;
    WebApplication? app;

    /// <summary>Takes a free port at once, because YARP wants to know the address before anything runs.</summary>
    public AccessHost(string[] args)
    {
        this.args = args;
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}");
    }

    public Uri Address { get; }

    /// <summary>Another one in each process.</summary>
    public string Word { get; } = Secret.New("");

    /// <summary>What the service shares with the gateway; set before the start.</summary>
    public IServiceProvider Gateway { get; set; } = null!;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        app = Create();
        return app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        socket.Dispose();
        if (app is not null)
            await app.DisposeAsync();
    }

    WebApplication Create()
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("gateway");
        // The gateway's own addresses are not for this one.
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => socket);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, Address.Port, listen => listen.Protocols = HttpProtocols.Http2));
        // One for both, because the connections are the same.
        builder.Services.AddSingleton(_ => Gateway.GetRequiredService<SiteGate>());
        builder.Services.AddSingleton(_ => Gateway.GetRequiredService<AccessGrpcService>());
        builder.Services.AddSingleton(_ => Gateway.GetRequiredService<AccountGrpcService>());
        builder.Services.AddSingleton(_ => Gateway.GetRequiredService<AuditGrpcService>());

        var service = builder.Build();
        service.Use((context, next) =>
        {
            if (IsWord(context.Request.Headers[WordHeader].ToString()))
                return next(context);

            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
        service.MapGrpcService<AccessGrpcService>();
        service.MapGrpcService<AccountGrpcService>();
        service.MapGrpcService<AuditGrpcService>();
        return service;
    }

    bool IsWord(string given) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Word));
}
