using Microsoft.AspNetCore.Builder;

namespace Journeys.BuildingBlocks.Tests;

public sealed class RabbitNodeTests
{
    [Theory]
    [InlineData("rabbit-2:port")]
    [InlineData("amqp://rabbit-2:5672")]
    [InlineData("rabbit-2:5672/shop")]
    public void A_node_that_cannot_be_read_keeps_a_service_from_starting(string node)
    {
        var builder = WebApplication.CreateBuilder(["--Messaging:Broker=amqp://guest:guest@rabbit-1/", $"--Messaging:Nodes=rabbit-3,{node}"]);

        var refusal = Assert.Throws<InvalidOperationException>(() => builder.AddMessaging("test", typeof(RabbitNodeTests).Assembly));

        Assert.Equal($"Messaging:Nodes must be host:port, or several with commas between; {node} is not.", refusal.Message);
    }
}
