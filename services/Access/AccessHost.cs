using System.Net;
using Journeys.Access.Auditing;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Journeys.Access;

/// <summary>Serves AccessService, AccountService and AuditService over gRPC, like any other service.</summary>
/// <remarks>
/// Runs in the gateway's process, because every call needs it. Calls about access still go through the proxy, so that
/// they have the same admission, audit, limits and errors as all other calls.
/// </remarks>
/// <param name="args">The arguments of the program.</param>
/// <param name="socket">The socket on which the service listens.</param>
/// <param name="gate">The gateway's gate, because both use the same connections to PostgreSQL.</param>
public sealed class AccessHost(
    string[] args,
    AccessSocket socket,
    SiteGate gate,
    AccessGrpcService access,
    AccountGrpcService accounts,
    AuditGrpcService audit)
    : IHostedService, IAsyncDisposable
{
    WebApplication? app;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        app = Create();
        return app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => app?.DisposeAsync() ?? ValueTask.CompletedTask;

    WebApplication Create()
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("gateway");
        // This server must not listen at the addresses of the gateway.
        builder.WebHost.UseSetting(WebHostDefaults.ServerUrlsKey, "");
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = _ => socket.Socket);
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, socket.Address.Port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(gate);
        builder.Services.AddSingleton(access);
        builder.Services.AddSingleton(accounts);
        builder.Services.AddSingleton(audit);

        var service = builder.Build();
        service.Use((context, next) =>
        {
            if (socket.IsWord(context.Request.Headers[AccessSocket.WordHeader].ToString()))
                return next(context);

            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
        service.MapGrpcService<AccessGrpcService>();
        service.MapGrpcService<AccountGrpcService>();
        service.MapGrpcService<AuditGrpcService>();
        return service;
    }
}
