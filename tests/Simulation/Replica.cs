using Grpc.Net.Client;
using Journeys.BuildingBlocks.Messages;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Journeys.Simulations;

/// <summary>The three services.</summary>
enum Service
{
    Definition,
    Enrollment,
    Scheduler,
}

/// <summary>One running service: the real one, whose loops rest and whose messages and calls go through the simulation.</summary>
sealed class Replica(Service service, WebApplication app, SimulatedClock clock) : IAsyncDisposable
{
    readonly GrpcChannel channel = GrpcChannel.ForAddress(app.Urls.Single());

    public Service Service => service;

    /// <summary>Its place among those of its service when the seed began.</summary>
    public int Number { get; set; }

    /// <summary>How traces name it.</summary>
    public string Name => $"{service.ToString().ToLowerInvariant()}-{Number}";

    public SimulatedClock Clock => clock;

    public Uri Address { get; } = new(app.Urls.Single());

    public GrpcChannel Channel => channel;

    public IReadOnlyCollection<QueueConsumer> Queues => Get<QueueConsumers>().All;

    /// <summary>A part of the service, such as a chore.</summary>
    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await app.DisposeAsync();
    }
}
