using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>The nodes of a RabbitMQ cluster. Any of them will do; a client that loses one goes to another.</summary>
static class RabbitNodes
{
    /// <summary>The node that the factory is for, and the others.</summary>
    /// <param name="factory">Has the port of nodes that name none, and says whether they are reached by TLS.</param>
    /// <param name="others">`host:port` with commas between.</param>
    /// <exception cref="InvalidOperationException">One of the others cannot be read.</exception>
    public static IReadOnlyList<AmqpTcpEndpoint> Of(ConnectionFactory factory, string others) =>
        [factory.Endpoint, .. others.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(node => Read(factory, node))];

    static AmqpTcpEndpoint Read(ConnectionFactory factory, string node)
    {
        if (!Uri.TryCreate($"amqp://{node}", UriKind.Absolute, out var address) || address is not { Host.Length: > 0, AbsolutePath: "" or "/", UserInfo: "" })
            throw new InvalidOperationException($"Messaging:Nodes must be host:port, or several with commas between; {node} is not.");

        // By TLS every node has to have a certificate for the name of the first.
        return new AmqpTcpEndpoint(address.Host, address.Port < 0 ? factory.Endpoint.Port : address.Port, factory.Ssl);
    }
}
