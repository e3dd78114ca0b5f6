using Journeys.BuildingBlocks.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>How the programs connect to RabbitMQ, and what comes in the way.</summary>
public static class RabbitConnections
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Connects once.</summary>
    /// <returns>Why it cannot be used, in one line without its password; null when it can.</returns>
    /// <exception cref="InvalidOperationException">The address cannot be read.</exception>
    public static async Task<string?> TroubleWithAsync(Uri broker, CancellationToken ct)
    {
        var factory = FactoryOf(broker, "check");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        try
        {
            await using var connection = await factory.CreateConnectionAsync(limit.Token);
            return null;
        }
        catch (Exception exception) when (!ct.IsCancellationRequested)
        {
            return $"RabbitMQ at {factory.HostName}:{factory.Endpoint.Port} cannot be used: {CauseOf(exception)}";
        }
    }

    /// <param name="name">What RabbitMQ shows as the name of the connections.</param>
    /// <exception cref="InvalidOperationException">The address cannot be read.</exception>
    internal static ConnectionFactory FactoryOf(Uri broker, string name)
    {
        try
        {
            return new ConnectionFactory
            {
                Uri = broker,
                AutomaticRecoveryEnabled = false,
                TopologyRecoveryEnabled = false,
                RequestedConnectionTimeout = TimeSpan.FromSeconds(3),
                RequestedHeartbeat = TimeSpan.FromSeconds(10),
                ClientProvidedName = name,
            };
        }
        catch (ArgumentException)
        {
            throw new InvalidOperationException(MessagingOptions.BrokerForm);
        }
    }

    // The client says that it reached nothing; what came in its way stands within. No exception of it has the password.
    internal static string CauseOf(Exception exception) => exception switch
    {
        OperationCanceledException => "It does not answer.",
        // The client words it in two ways, by when it hears of it.
        OperationInterruptedException { ShutdownReason.ReplyText: { } said } => said,
        { InnerException: { } inner } => CauseOf(inner),
        _ => exception.Message.ReplaceLineEndings(" "),
    };
}
