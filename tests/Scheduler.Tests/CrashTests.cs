using Google.Protobuf;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Graph.V1;
using Journeys.Testing;
using RabbitMQ.Client;
using Definition = Journeys.Protos.Definition.V1;

namespace Journeys.Scheduling.Tests;

/// <summary>Scheduler and Enrollment as processes on RabbitMQ, killed at every boundary of every chunk of a sweep.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    const int PeoplePerChunk = 20;
    const int Matching = 30;

    // Where a chunk stands, in the order in which it comes by, and who is killed there.
    static readonly (string When, bool KillsScheduler)[] Boundaries =
    [
        ("before insert on scheduler.outbox for each row when (new.message_type like '%.ChunkRequested')", true),
        ("before delete on scheduler.outbox for each row when (old.message_type like '%.ChunkRequested')", true),
        ("before insert on enrollment.enrollment for each row", false),
        ("before insert on enrollment.outbox for each row when (new.message_type like '%.ChunkCompleted')", false),
        ("before delete on enrollment.outbox for each row when (old.message_type like '%.ChunkCompleted')", false),
        ("before update of chunk_no on scheduler.job for each row", true),
    ];

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly Guid siteId = Guid.CreateVersion7();
    readonly Guid journeyId = Guid.CreateVersion7();
    readonly Guid audienceId = Guid.CreateVersion7();
    TestDatabase database = null!;
    IConnection broker = null!;

    ServiceProcess Scheduler { get; set; } = null!;

    ServiceProcess Enrollment { get; set; } = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateEmptyAsync();
        var address = (await TestBroker.SharedAsync()).NextVirtualHost();
        var settings = new Dictionary<string, string>
        {
            ["Postgres:ConnectionString"] = database.ConnectionString,
            ["Messaging:Broker"] = address,
            ["Identity:SigningKey"] = Convert.ToBase64String(new byte[32]),
            ["Scheduler:PeoplePerChunk"] = $"{PeoplePerChunk}",
            // What goes on does so by redelivery, not because somebody waited.
            ["Scheduler:ChunkTimeoutSeconds"] = "600",
            // There is no Definition here to compare with.
            ["Copies:WaitAtStartSeconds"] = "0",
            // A chunk whose service was away is tried again soon, however often that was.
            ["Messaging:LongestRetrySeconds"] = "2",
        };
        Scheduler = new ServiceProcess("services/Scheduler", settings);
        // Which asks the Scheduler whether a chunk is still wanted.
        Enrollment = new ServiceProcess(
            "services/Enrollment", new Dictionary<string, string>(settings) { ["Services:Scheduler"] = Scheduler.Address.OriginalString });
        await Task.WhenAll(Scheduler.StartAsync(), Enrollment.StartAsync());
        broker = await new ConnectionFactory { Uri = new Uri(address) }.CreateConnectionAsync();
    }

    [Fact]
    public async Task A_sweep_skips_nobody_and_enrolls_nobody_twice_when_the_worker_is_killed_at_every_boundary_of_every_chunk()
    {
        await AddPeopleAsync();
        await using var gates = await Gates.CreateAsync(database, Boundaries.Select(boundary => boundary.When));
        // The one that comes next is closed too: a message is on its way as soon as it was sent, before that is noted.
        await gates.CloseAsync(0);
        await gates.CloseAsync(1);
        await PublishAsync();

        var kills = 0;
        for (var here = 0; ; here = (here + 1) % Boundaries.Length, kills++)
        {
            await Eventually.True(
                async () => await gates.IsSomebodyAtAsync(here) || await HasEndedAsync(), $"somebody at the gate {Boundaries[here].When}", Patience);
            if (await HasEndedAsync())
                break;

            await gates.CloseAsync((here + 2) % Boundaries.Length);
            var process = Boundaries[here].KillsScheduler ? Scheduler : Enrollment;
            await process.KillAsync();
            await gates.OpenAsync(here);
            await process.StartAsync();
        }

        Assert.Equal(2 * Boundaries.Length, kills);
        Assert.Equal("COMPLETED 30 30 30", await ScalarAsync<string>("select concat_ws(' ', status, done, changed, total) from scheduler.job"));
        Assert.Equal(Matching, await ScalarAsync<long>("select count(distinct profile_id) from enrollment.enrollment"));
        Assert.Equal(Matching, await ScalarAsync<long>("select count(*) from enrollment.enrollment where attempt = 1"));
        Assert.Equal(Matching, await ScalarAsync<long>("select count(*) from enrollment.visit where visit_no = 1"));
        Assert.Equal(0, await ScalarAsync<long>("select count(*) from enrollment.enrollment e join enrollment.profile p using (site_id, profile_id) where p.traits ->> 'plan' <> 'pro'"));
    }

    public async Task DisposeAsync()
    {
        await broker.DisposeAsync();
        await Scheduler.DisposeAsync();
        await Enrollment.DisposeAsync();
        await database.DisposeAsync();
    }

    async Task AddPeopleAsync()
    {
        await using var command = database.DataSource.CreateCommand("""
            insert into enrollment.profile (site_id, profile_id, user_id, traits, created_at, seen_at)
            select $1, gen_random_uuid(), 'u' || n, jsonb_build_object('plan', case when n <= $2 then 'pro' else 'free' end), now(), now()
            from generate_series(1, $2 + 10) as n
            """);
        command.Parameters.Add(new() { Value = siteId });
        command.Parameters.Add(new() { Value = Matching });
        await command.ExecuteNonQueryAsync();
    }

    async Task PublishAsync()
    {
        var plan = new Protos.Rule.V1.Rule
        {
            Condition = new() { Field = "traits.plan", Operator = Protos.Rule.V1.Rule.Types.Condition.Types.Operator.Eq, Value = Google.Protobuf.WellKnownTypes.Value.ForString("pro") },
        };
        var audience = new AudienceChanged { SiteId = $"{siteId}", AudienceId = $"{audienceId}", Revision = 1, Name = "Pro", Rule = plan };
        var published = new JourneyPublished
        {
            State = new() { SiteId = $"{siteId}", JourneyId = $"{journeyId}", ChangeNo = 1, Status = Definition.Journey.Types.Status.Published, Version = 1, Time = new() { Seconds = 1_800_000_000 } },
            Version = new()
            {
                JourneyId = $"{journeyId}",
                Version_ = 1,
                PublishTime = new(),
                Design = new()
                {
                    Name = "Swept",
                    AudienceId = $"{audienceId}",
                    AutoEnroll = true,
                    Graph = new()
                    {
                        Nodes =
                        {
                            new Node { Id = "start", Trigger = new() { Manual = new() } },
                            new Node { Id = "hi", Content = new() { ContentType = Content.Types.ContentType.Flow, ContentId = "hi" } },
                            new Node { Id = "end", Exit = new() { Outcome = "done" } },
                        },
                        Edges = { new Edge { Id = "e1", Source = "start", Target = "hi" }, new Edge { Id = "e2", Source = "hi", Target = "end" } },
                    },
                },
            },
        };
        await TellAsync(audience, "select (select count(*) from scheduler.audience) + (select count(*) from enrollment.audience)");
        await TellAsync(published, "select (select count(*) from scheduler.journey) + (select count(*) from enrollment.journey_version)");
    }

    // As Definition would, again and again until both have heard of it: their queues may not be bound yet.
    async Task TellAsync(IMessage message, string heard)
    {
        await using var channel = await broker.CreateChannelAsync();
        await channel.ExchangeDeclareAsync(message.Descriptor.FullName, ExchangeType.Fanout, durable: true);
        await Eventually.True(
            async () =>
            {
                await channel.BasicPublishAsync(message.Descriptor.FullName, "", message.ToByteArray());
                return await ScalarAsync<long>(heard) == 2;
            },
            $"both services to have heard of the {message.Descriptor.Name}",
            Patience);
    }

    Task<bool> HasEndedAsync() => ScalarAsync<bool>("select exists (select from scheduler.job where status <> 'RUNNING')");

    async Task<T> ScalarAsync<T>(string sql)
    {
#pragma warning disable CA2100 // The statements are the test's own.
        await using var command = database.DataSource.CreateCommand(sql);
#pragma warning restore CA2100
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
