using Journeys.Testing;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Journeys.EndToEnd.Tests;

/// <summary>What the credentials of one program, or of a reader, cannot do. That they can do enough is what all other tests here show.</summary>
[Collection(SharedDeployment.Name)]
public sealed class LeastPrivilegeTests(Deployment deployment)
{
    public static TheoryData<string, string> Foreign => new()
    {
        { "definition", "select count(*) from enrollment.profile" },
        { "enrollment", "select count(*) from access.member" },
        { "scheduler", "delete from enrollment.enrollment" },
        { "gateway", "select count(*) from definition.journey" },
        { "enrollment", "create table scheduler.planted (id int)" },
        { "scheduler", "create table public.planted (id int)" },
        { "definition", "create role planted" },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task A_program_reaches_only_its_own_schema(string program, string sql)
    {
        await using var source = NpgsqlDataSource.Create(deployment.ConnectionStringOf(program));

        var refused = await Assert.ThrowsAsync<PostgresException>(() => source.CreateCommand(sql).ExecuteNonQueryAsync());

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Theory]
    [InlineData("journeys.events.v1.TimersElapsed")]
    [InlineData("journeys.events.v1.ChunkRequested")]
    [InlineData("journeys.events.v1.EnrollmentStarted")]
    [InlineData("journeys.facts")]
    [InlineData("")]
    public async Task A_reader_of_facts_can_send_nothing(string exchange)
    {
        await using var connection = await ConnectAsync("reader");
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));

        var refused = await Assert.ThrowsAnyAsync<Exception>(
            () => channel.BasicPublishAsync(exchange, "enrollment.timers-elapsed", mandatory: true, new byte[] { 1 }).AsTask());

        Assert.Contains(Causes(refused), cause => cause.Message.Contains("ACCESS_REFUSED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reader_binds_a_queue_of_its_own_to_facts_and_not_to_the_insides()
    {
        await using var connection = await ConnectAsync("reader");
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync("reader.crm", durable: false, exclusive: true, autoDelete: true);

        await channel.QueueBindAsync("reader.crm", "journeys.events.v1.EnrollmentStarted", "");
        var refused = await Assert.ThrowsAsync<OperationInterruptedException>(
            () => channel.QueueBindAsync("reader.crm", "journeys.events.v1.TimersElapsed", ""));

        Assert.Contains("ACCESS_REFUSED", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_for_one_site_reads_what_happens_there_and_cannot_ask_for_more()
    {
        var siteId = (await deployment.Api.GetAsync("/api/sites"))["sites"]![0]!["id"]!.GetValue<string>();
        var journeyId = await deployment.Api.PublishAsync(Designs.TwoSteps("1s"));
        await using var connection = await ConnectAsync(await CustomerAsync("acme", siteId));
        await using var channel = await connection.CreateChannelAsync();
        var queue = await channel.QueueDeclareAsync("acme.crm", durable: false, exclusive: true, autoDelete: true);

        await channel.QueueBindAsync("acme.crm", "journeys.facts", $"{siteId}.{journeyId}.EnrollmentStarted");
        await deployment.Api.PostAsync($"/sdk/journeys/{journeyId}/enroll", new { userId = "ada" });
        await Eventually.Equal(1u, () => channel.MessageCountAsync("acme.crm"), "facts");

        foreach (var key in (string[])["#", "*.*.EnrollmentStarted", $"{Guid.NewGuid()}.#", ""])
            await AssertRefusedAsync(connection, other => other.QueueBindAsync("acme.crm", "journeys.facts", key));
        await AssertRefusedAsync(connection, other => other.QueueBindAsync("acme.crm", "journeys.events.v1.EnrollmentStarted", ""));
    }

    // As docs/backends.md tells operators.
    async Task<string> CustomerAsync(string name, string siteId)
    {
        await deployment.Broker.ControlAsync("add_user", name, "guest");
        await deployment.Broker.ControlAsync("set_permissions", "-p", "/", name, $@"^{name}\.", $@"^{name}\.", $@"^({name}\.|journeys\.facts$)");
        await deployment.Broker.ControlAsync("set_topic_permissions", "-p", "/", name, "journeys.facts", "(?!)", $@"^{siteId}\.");
        return name;
    }

    static async Task AssertRefusedAsync(IConnection connection, Func<IChannel, Task> act)
    {
        await using var channel = await connection.CreateChannelAsync();
        var refused = await Assert.ThrowsAsync<OperationInterruptedException>(() => act(channel));
        Assert.Contains("ACCESS_REFUSED", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("definition", "journeys.events.v1.TimersElapsed")]
    [InlineData("definition", "journeys.facts")]
    [InlineData("enrollment", "journeys.facts")]
    public async Task One_service_cannot_speak_for_another(string service, string exchange)
    {
        await using var connection = await ConnectAsync(service);
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));

        var refused = await Assert.ThrowsAnyAsync<Exception>(
            () => channel.BasicPublishAsync(exchange, $"{Guid.NewGuid()}.-.EnrollmentStarted", mandatory: true, new byte[] { 1 }).AsTask());

        Assert.Contains(Causes(refused), cause => cause.Message.Contains("ACCESS_REFUSED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_scheduler_counts_the_timers_that_wait_for_enrollment_and_takes_none()
    {
        const string queue = "enrollment.timers-elapsed";
        await using var connection = await ConnectAsync("scheduler");
        await using (var counting = await connection.CreateChannelAsync())
            Assert.Equal(queue, (await counting.QueueDeclarePassiveAsync(queue)).QueueName);

        foreach (var attack in (Func<IChannel, Task>[])
        [
            channel => channel.BasicGetAsync(queue, autoAck: true), channel => channel.QueuePurgeAsync(queue), channel => channel.QueueDeleteAsync(queue),
            channel => channel.QueueUnbindAsync(queue, "journeys.events.v1.TimersElapsed", ""),
        ])
        {
            await using var channel = await connection.CreateChannelAsync();
            var refused = await Assert.ThrowsAnyAsync<Exception>(() => attack(channel));
            Assert.Contains(Causes(refused), cause => cause.Message.Contains("ACCESS_REFUSED", StringComparison.Ordinal));
        }
    }

    Task<IConnection> ConnectAsync(string user) =>
        new ConnectionFactory { Uri = new Uri(deployment.Broker.AddressOf(user)) }.CreateConnectionAsync();

    static IEnumerable<Exception> Causes(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException!)
            yield return cause;
    }
}
