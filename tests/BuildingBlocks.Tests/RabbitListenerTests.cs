using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

public sealed class RabbitListenerTests
{
    const string Service = "test";
    const int AtOnce = 16;

    [Fact]
    public async Task A_connection_that_ends_anywhere_in_the_declaration_of_the_queues_leaves_no_service_deaf()
    {
        var broker = new Uri((await TestBroker.SharedAsync()).NextVirtualHost());
        var database = await Postman.DatabaseAsync();
        var cuts = 0;
        for (bool[] cut = [true]; cut.All(one => one); cuts += cut.Count(one => one))
            cut = await Task.WhenAll(Enumerable.Range(cuts, AtOnce).Select(frames => ListensAsync(database, broker, frames)));

        // Open, declare two queues and three exchanges, bind, limit, consume.
        Assert.InRange(cuts, 15, 60);
    }

    // Starts a service whose first connection ends after so many frames; false if it had nothing more to declare by then.
    static async Task<bool> ListensAsync(string database, Uri address, int frames)
    {
        using var broker = new BrokerThatCuts(address, frames);
        await using var postman = Postman.Build(database, broker.Address, Service, typeof(ChunkRequestedConsumer), typeof(JourneyLifeConsumer));
        await postman.StartAsync();
        await Eventually.True(() => Task.FromResult(postman.Listens), $"a service to listen that was cut off after {frames} frames", TimeSpan.FromMinutes(4));
        return broker.HasCut;
    }
}
