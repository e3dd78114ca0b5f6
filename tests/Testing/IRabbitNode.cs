namespace Journeys.Testing;

/// <summary>A RabbitMQ node of the tests, native or in a container. Its data and its port survive a restart.</summary>
interface IRabbitNode : IAsyncDisposable
{
    /// <summary>The AMQP port on this machine.</summary>
    int Port { get; }

    /// <summary>Starts it, or starts it again, and waits until it accepts connections.</summary>
    Task StartAsync();

    /// <summary>Shuts it down.</summary>
    Task StopAsync();

    /// <summary>Kills it with SIGKILL.</summary>
    Task KillAsync();

    /// <summary>Freezes it: its connections stay open, and it does not answer.</summary>
    Task FreezeAsync();

    /// <summary>Continues it after <see cref="FreezeAsync"/>.</summary>
    Task ThawAsync();

    /// <summary>Runs `rabbitmqctl` on it, and returns its output.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has its output.</exception>
    Task<string> ControlAsync(params string[] arguments);
}
