using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Rule.V1;
using Journeys.Testing;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Timer = Journeys.Protos.Events.V1.Timer;

namespace Journeys.Scheduling.Tests;

/// <summary>Plays Definition and Enrollment: publishes what they would, and takes the timers that elapsed.</summary>
sealed class Neighbour : IAsyncDisposable
{
    WebApplication app = null!;

    /// <summary>Timers that were sent, in the order of their arrival, once for each arrival.</summary>
    public ConcurrentQueue<Timer> Elapsed { get; } = new();

    /// <summary>What happens when timers arrive, after they were noted.</summary>
    public Func<Task> OnElapsed { get; set; } = () => Task.CompletedTask;

    public static async Task<Neighbour> StartAsync(TestDatabase database)
    {
        var builder = WebApplication.CreateBuilder(
            ["--urls=http://127.0.0.1:0", $"--Postgres:ConnectionString={database.ConnectionString}", $"--Messaging:Broker=memory://{database.Name}"]);
        builder.AddServiceDefaults("test");
        builder.AddPostgres("test", typeof(Neighbour).Assembly);
        builder.AddMessaging("test", [typeof(ElapsedConsumer)]);
        var neighbour = new Neighbour();
        builder.Services.AddSingleton(neighbour);
        neighbour.app = builder.Build();
        await neighbour.app.StartAsync();
        return neighbour;
    }

    /// <summary>Publishes a message; the Scheduler has handled it when this returns.</summary>
    public Task PublishAsync(IMessage message) =>
        app.Services.GetRequiredService<IMessagePublisher>().PublishAsync(message, Guid.CreateVersion7(), CancellationToken.None);

    /// <summary>Timers of a site that were sent.</summary>
    public IReadOnlyList<Timer> ElapsedOf(Guid siteId) => [.. Elapsed.Where(timer => timer.SiteId == siteId.ToString())];

    public ValueTask DisposeAsync() => app.DisposeAsync();

    sealed class ElapsedConsumer(Neighbour neighbour) : IConsumer<TimersElapsed>
    {
        public Task Consume(ConsumeContext<TimersElapsed> context)
        {
            foreach (var timer in context.Message.Timers)
                neighbour.Elapsed.Enqueue(timer);
            return neighbour.OnElapsed();
        }
    }
}

/// <summary>A journey, as its moves are told.</summary>
sealed class JourneyNews(Neighbour neighbour)
{
    public Guid SiteId { get; init; } = Guid.CreateVersion7();

    public Guid JourneyId { get; } = Guid.CreateVersion7();

    /// <summary>The number of the newest move.</summary>
    public int ChangeNo { get; set; }

    public int Version { get; set; }

    public Task PublishAsync(Guid? audienceId = null, bool autoEnroll = true) => neighbour.PublishAsync(Published(audienceId, autoEnroll));

    public JourneyPublished Published(Guid? audienceId = null, bool autoEnroll = true)
    {
        Version++;
        return new()
        {
            State = Next(Journey.Types.Status.Published),
            Version = new()
            {
                JourneyId = JourneyId.ToString(),
                Version_ = Version,
                Design = new() { Name = "n", AudienceId = audienceId?.ToString() ?? "", AutoEnroll = autoEnroll },
                PublishTime = new(),
            },
        };
    }

    public Task PauseAsync() => neighbour.PublishAsync(new JourneyPaused { State = Next(Journey.Types.Status.Paused) });

    public Task ResumeAsync(int? perSecond = null) => neighbour.PublishAsync(Resumed(perSecond));

    public JourneyResumed Resumed(int? perSecond = null)
    {
        var resumed = new JourneyResumed { State = Next(Journey.Types.Status.Published), Policy = new() };
        if (perSecond is { } rate)
            resumed.Policy.ReleasePerSecond = rate;
        return resumed;
    }

    public Task ArchiveAsync() => neighbour.PublishAsync(Archived());

    public JourneyArchived Archived() => new() { State = Next(Journey.Types.Status.Archived) };

    public Task RestoreAsync() => neighbour.PublishAsync(new JourneyRestored { State = Next(Journey.Types.Status.Draft) });

    public Task AudienceAsync(Guid audienceId, int revision, Rule rule) => neighbour.PublishAsync(
        new AudienceChanged { SiteId = SiteId.ToString(), AudienceId = audienceId.ToString(), Revision = revision, Name = "n", Rule = rule });

    /// <summary>Halts the journey's site, or lets it go on.</summary>
    public Task HaltAsync(int changeNo, bool halted) => neighbour.PublishAsync(
        new JourneysHaltChanged { SiteId = SiteId.ToString(), ChangeNo = changeNo, Halted = halted, Time = new() { Seconds = changeNo } });

    /// <summary>Timers of so many enrollments, one a second from a time on.</summary>
    public async Task<IReadOnlyList<Timer>> TimersAsync(int count, DateTimeOffset from)
    {
        var timers = Enumerable.Range(0, count).Select(n => Timer(from.AddSeconds(n))).ToList();
        foreach (var some in timers.Chunk(500))
            await neighbour.PublishAsync(new TimersRequested { Timers = { some } });
        return timers;
    }

    public Timer Timer(DateTimeOffset dueAt) => new()
    {
        SiteId = SiteId.ToString(),
        JourneyId = JourneyId.ToString(),
        EnrollmentId = Guid.CreateVersion7().ToString(),
        VisitNo = 1,
        DueTime = dueAt.ToTimestamp(),
    };

    JourneyState Next(Journey.Types.Status status) => new()
    {
        SiteId = SiteId.ToString(),
        JourneyId = JourneyId.ToString(),
        ChangeNo = ++ChangeNo,
        Status = status,
        Version = Version,
        Time = DateTimeOffset.UtcNow.ToTimestamp(),
    };
}
