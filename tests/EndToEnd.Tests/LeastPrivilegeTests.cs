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
    public async Task One_service_cannot_speak_for_another()
    {
        await using var connection = await ConnectAsync("definition");
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));

        var refused = await Assert.ThrowsAnyAsync<Exception>(
            () => channel.BasicPublishAsync("journeys.events.v1.TimersElapsed", "", mandatory: true, new byte[] { 1 }).AsTask());

        Assert.Contains(Causes(refused), cause => cause.Message.Contains("ACCESS_REFUSED", StringComparison.Ordinal));
    }

    Task<IConnection> ConnectAsync(string user) =>
        new ConnectionFactory { Uri = new Uri(deployment.Broker.AddressOf(user)) }.CreateConnectionAsync();

    static IEnumerable<Exception> Causes(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException!)
            yield return cause;
    }
}
