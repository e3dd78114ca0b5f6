namespace Journeys.Testing;

/// <summary>A RabbitMQ of our own, native or in a container: what it holds and its port survive a restart.</summary>
interface IRabbitNode : IAsyncDisposable
{
    /// <summary>The AMQP port on this machine.</summary>
    int Port { get; }

    /// <summary>Starts it, for the first time or again, and waits until it takes connections.</summary>
    Task StartAsync();

    /// <summary>Stops it in good order.</summary>
    Task StopAsync();

    /// <summary>Kills it with SIGKILL.</summary>
    Task KillAsync();

    /// <summary>Runs `rabbitmqctl` on it.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has its output.</exception>
    Task ControlAsync(params string[] arguments);
}
