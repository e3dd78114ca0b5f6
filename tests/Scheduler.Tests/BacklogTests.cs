using System.Globalization;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Progression;
using Journeys.Protos.Events.V1;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RabbitMQ.Client;

namespace Journeys.Scheduling.Tests;

/// <summary>Many timers are due at once, and Enrollment takes them from RabbitMQ as slowly as the test does.</summary>
public sealed class BacklogTests : IAsyncLifetime
{
    const int Due = 20_000;
    const int InMessage = Limits.MessageItems;

    readonly FakeTimeProvider clock = new();
    TestDatabase database = null!;
    WebApplication scheduler = null!;
    IConnection broker = null!;
    IChannel enrollment = null!;

    SendDueTimers Sending => scheduler.Services.GetRequiredService<SendDueTimers>();

    ReleaseTimers Releasing => scheduler.Services.GetRequiredService<ReleaseTimers>();

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(
            "scheduler", connection => Migrations.MigrateAsync(connection, "scheduler", typeof(SchedulerApp).Assembly));
        var address = (await TestBroker.SharedAsync()).NextVirtualHost();
        broker = await new ConnectionFactory { Uri = new Uri(address) }.CreateConnectionAsync();
        enrollment = await broker.CreateChannelAsync();
        await enrollment.ExchangeDeclareAsync(TimersElapsed.Descriptor.FullName, ExchangeType.Fanout, durable: true);

        // It does not run: the test does what its loop would do.
        scheduler = SchedulerApp.Create(
            [
                "--urls=http://127.0.0.1:0", $"--Postgres:ConnectionString={database.ConnectionString}", $"--Messaging:Broker={address}",
                $"--Identity:SigningKey={Convert.ToBase64String(new byte[32])}", "--Logging:LogLevel:Default=Error",
            ],
            clock);
        await ScalarAsync($"""
            with added as (
                insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no)
                select n % 64, now() - n * interval '1 second', gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1 from generate_series(1, {Due}) as n
                returning 1)
            select count(*) from added
            """);
    }

    public async Task DisposeAsync()
    {
        await scheduler.DisposeAsync();
        await broker.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task They_are_sent_as_fast_as_they_are_worked_off_and_all_of_them()
    {
        await ListenAsync();

        var sent = await SendAsync();
        Assert.Equal((8, Due - (8 * InMessage)), (sent, await ScalarAsync("select count(*) from scheduler.timer")));

        var arrived = new HashSet<string>();
        while (await enrollment.BasicGetAsync(EnrollmentBacklog.Queue, autoAck: true) is { } got)
        {
            arrived.UnionWith(TimersElapsed.Parser.ParseFrom(got.Body.Span).Timers.Select(timer => timer.EnrollmentId));
            clock.Advance(EnrollmentBacklog.WhileFull);
            Assert.InRange(await SendAsync(), 0, 9);
        }

        Assert.Equal((Due, 0), (arrived.Count, await ScalarAsync("select count(*) from scheduler.timer")));
    }

    [Fact]
    public async Task Beside_a_full_queue_nothing_is_released_and_it_is_asked_ten_times_a_second()
    {
        await ListenAsync();
        await SendAsync();
        await enrollment.QueuePurgeAsync(EnrollmentBacklog.Queue);
        await ScalarAsync("""
            with journeys as (
                     insert into scheduler.journey (site_id, journey_id, change_no, status, version)
                     select gen_random_uuid(), gen_random_uuid(), 1, 'PUBLISHED', 1 returning site_id, journey_id),
                 timers as (
                     insert into scheduler.parked_timer (site_id, journey_id, due_at, enrollment_id, visit_no)
                     select site_id, journey_id, now() - interval '1 hour', gen_random_uuid(), 1 from journeys returning 1)
            select count(*) from timers
            """);

        await Releasing.RunOnceAsync(CancellationToken.None);
        Assert.Equal((0, 1), (await WaitingAsync(EnrollmentBacklog.Queue), await ScalarAsync("select count(*) from scheduler.parked_timer")));

        clock.Advance(EnrollmentBacklog.WhileFull);
        await Releasing.RunOnceAsync(CancellationToken.None);
        Assert.Equal((1, 0), (await WaitingAsync(EnrollmentBacklog.Queue), await ScalarAsync("select count(*) from scheduler.parked_timer")));
    }

    [Fact]
    public async Task Without_that_queue_they_are_sent_to_whoever_listens()
    {
        await enrollment.QueueDeclareAsync("another");
        await enrollment.QueueBindAsync("another", TimersElapsed.Descriptor.FullName, "");

        await SendAsync();

        Assert.Equal((Due / InMessage, 0), (await WaitingAsync("another"), await ScalarAsync("select count(*) from scheduler.timer")));
    }

    [Fact]
    public void The_queue_is_the_one_that_enrollment_reads() =>
        Assert.Equal(EnrollmentBacklog.Queue, MessagingExtensions.QueueName("enrollment", typeof(TimersElapsedConsumer)));

    async Task ListenAsync()
    {
        await enrollment.QueueDeclareAsync(EnrollmentBacklog.Queue, durable: true, exclusive: false, autoDelete: false);
        await enrollment.QueueBindAsync(EnrollmentBacklog.Queue, TimersElapsed.Descriptor.FullName, "");
    }

    // Sends until the loop would rest, and returns the number of messages that wait for Enrollment then.
    async Task<int> SendAsync()
    {
        while (await Sending.RunOnceAsync(CancellationToken.None) == TimeSpan.Zero)
        {
        }

        return await WaitingAsync(EnrollmentBacklog.Queue);
    }

    async Task<int> WaitingAsync(string queue)
    {
        await using var channel = await broker.CreateChannelAsync();
        try
        {
            return (int)(await channel.QueueDeclarePassiveAsync(queue)).MessageCount;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return 0;
        }
    }

    async Task<int> ScalarAsync(string sql)
    {
        await using var command = database.DataSource.CreateCommand(sql);
        return Convert.ToInt32(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
