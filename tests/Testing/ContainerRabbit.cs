using System.Net.Sockets;
using System.Text;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Configurations;
using Journeys.EmbeddedPostgres;
using Testcontainers.RabbitMq;

namespace Journeys.Testing;

/// <summary>RabbitMQ in a container, for machines with a Docker engine.</summary>
sealed class ContainerRabbit : IRabbitNode
{
    readonly RabbitMqContainer container;

    public ContainerRabbit()
    {
        // Uses a fixed port, because a restarted container would get another one.
        container = new RabbitMqBuilder("rabbitmq:4.1-alpine")
            .WithPortBinding(Port, RabbitMqBuilder.RabbitMqPort)
            .WithUsername(RabbitDefinitions.User)
            .WithPassword(RabbitDefinitions.User)
            .WithResourceMapping(Encoding.UTF8.GetBytes(RabbitDefinitions.Json()), "/etc/rabbitmq/definitions.json")
            .WithResourceMapping("load_definitions = /etc/rabbitmq/definitions.json\nloopback_users = none\n"u8.ToArray(), "/etc/rabbitmq/conf.d/50-journeys.conf")
            .Build();
    }

    public int Port { get; } = FreePort.Next();

    /// <summary>Whether a Docker engine answers, checked quickly.</summary>
    public static async Task<bool> IsPossibleAsync()
    {
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
            return true;

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint("/var/run/docker.sock"));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public Task StartAsync() => container.StartAsync();

    public Task StopAsync() => container.StopAsync();

    public async Task KillAsync()
    {
        using var engine = TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder(Guid.Empty).Build();
        await engine.Containers.KillContainerAsync(container.Id, new ContainerKillParameters { Signal = "SIGKILL" });
    }

    public Task FreezeAsync() => container.PauseAsync();

    public Task ThawAsync() => container.UnpauseAsync();

    public async Task<string> ControlAsync(params string[] arguments)
    {
        var result = await container.ExecAsync(["rabbitmqctl", .. arguments]);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)} failed.\n{result.Stderr}");
        return result.Stdout;
    }

    public ValueTask DisposeAsync() => container.DisposeAsync();
}
