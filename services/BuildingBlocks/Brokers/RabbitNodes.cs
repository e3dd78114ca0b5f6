using RabbitMQ.Client;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>
/// The nodes of a RabbitMQ cluster. A client can use any of them; a client that loses its node connects to another.
/// </summary>
static class RabbitNodes
{
    /// <summary>Returns the node of the factory, and the others.</summary>
    /// <param name="factory">Gives the port of nodes that name none, and whether to connect with TLS.</param>
    /// <param name="others">`host:port`, separated by commas.</param>
    /// <exception cref="InvalidOperationException">One of the other nodes is invalid.</exception>
    public static IReadOnlyList<AmqpTcpEndpoint> Of(ConnectionFactory factory, string others) =>
        [factory.Endpoint, .. others.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(node => Read(factory, node))];

    static AmqpTcpEndpoint Read(ConnectionFactory factory, string node)
    {
        if (!Uri.TryCreate($"amqp://{node}", UriKind.Absolute, out var address) || address is not { Host.Length: > 0, AbsolutePath: "" or "/", UserInfo: "" })
            throw new InvalidOperationException($"Messaging:Nodes must be host:port, or several with commas between; {node} is not.");

        // With TLS, every node needs a certificate for the name of the first node.
        return new AmqpTcpEndpoint(address.Host, address.Port < 0 ? factory.Endpoint.Port : address.Port, factory.Ssl);
    }
}
