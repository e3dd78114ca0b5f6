using Journeys.BuildingBlocks.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>Connects the programs to RabbitMQ, and describes failures to connect.</summary>
public static class RabbitConnections
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Tries to connect once.</summary>
    /// <returns>Why RabbitMQ cannot be used, in one line without the password; null when it can be used.</returns>
    /// <exception cref="InvalidOperationException">The address is invalid.</exception>
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

    /// <param name="name">The connection name that RabbitMQ shows.</param>
    /// <exception cref="InvalidOperationException">The address is invalid.</exception>
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

    // The outer exception of the client says that nothing was reached; the inner one has the cause. None of them
    // contains the password.
    internal static string CauseOf(Exception exception) => exception switch
    {
        OperationCanceledException => "It does not answer.",
        // The client words this failure in two ways, depending on when it learns of it.
        OperationInterruptedException { ShutdownReason.ReplyText: { } said } => said,
        { InnerException: { } inner } => CauseOf(inner),
        _ => exception.Message.ReplaceLineEndings(" "),
    };
}
