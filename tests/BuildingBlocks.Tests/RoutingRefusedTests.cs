using Journeys.Protos.Events.V1;
using Journeys.Testing;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>A service whose account RabbitMQ has not got all permissions for routed facts yet, as after an upgrade.</summary>
public sealed class RoutingRefusedTests
{
    const string Account = "older";
    const string Own = @"older\.|journeys\.events\.";

    [Theory]
    [InlineData(Own, Own, Own)]
    [InlineData(Own + @"|journeys\.facts$", Own, Own)]
    [InlineData(Own + @"|journeys\.facts$", Own + @"|journeys\.facts$", @"older\.|journeys\.events\.v1\.Journey")]
    public async Task Facts_reach_their_own_exchanges_until_the_service_may_route_them(string configure, string write, string read)
    {
        await using var node = await TestBroker.StartAsync();
        await node.ControlAsync("add_user", Account, Account);
        await PermitAsync(configure, write, read);
        await using var connection = await new ConnectionFactory { Uri = new Uri(node.Address) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("journeys.facts", ExchangeType.Topic, durable: true);
        await channel.QueueDeclareAsync("routed");
        await channel.QueueBindAsync("routed", "journeys.facts", "#");
        await channel.ExchangeDeclareAsync("journeys.events.v1.EnrollmentStarted", ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync("started");
        await channel.QueueBindAsync("started", "journeys.events.v1.EnrollmentStarted", "");
        var address = new UriBuilder(node.Address) { UserName = Account, Password = Account }.Uri.OriginalString;
        var database = await Postman.DatabaseAsync();

        var line = await SendAsync();
        var missing = await channel.MessageCountAsync("routed");
        await PermitAsync(".*", ".*", ".*");
        Assert.Null(await SendAsync());

        Assert.Contains("ACCESS_REFUSED", line, StringComparison.Ordinal);
        Assert.Equal((0u, 2u), (missing, await channel.MessageCountAsync("routed")));

        Task PermitAsync(string configure, string write, string read) =>
            node.ControlAsync("set_permissions", "-p", "/", Account, $"^({configure})", $"^({write})", $"^({read})");

        // Starts the service and sends two facts, one of which it consumes; returns what it says of the exchange.
        async Task<string?> SendAsync()
        {
            using var log = new Warnings();
            await using var postman = Postman.Build(database, address, Account, typeof(JourneyLifeConsumer));
            postman.Get<ILoggerFactory>().AddProvider(log);
            await postman.StartAsync();
            await postman.ConnectedAsync();
            await postman.SendAsync(
                new JourneyPaused { State = new() { SiteId = "site", JourneyId = "journey" } }, new EnrollmentStarted { SiteId = "site" });
            await Eventually.Equal(1, () => Task.FromResult(postman.Inbox.Seen.Count), "facts that are consumed");
            await Eventually.Equal(1u, () => channel.MessageCountAsync("started"), "facts for a reader");
            await channel.QueuePurgeAsync("started");
            await Eventually.Equal(0L, postman.WaitingAsync, "messages in the outbox");
            return log.Lines.SingleOrDefault(said => said.Contains("journeys.facts", StringComparison.Ordinal));
        }
    }
}
