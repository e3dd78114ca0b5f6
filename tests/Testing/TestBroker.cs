namespace Journeys.Testing;

/// <summary>
/// A real RabbitMQ: the one that `JOURNEYS_TEST_RABBITMQ` names, else one in Docker if an engine answers, else a
/// private native node.
/// </summary>
public sealed class TestBroker : IAsyncDisposable
{
    static readonly Lazy<Task<TestBroker>> OfThisProcess = new(FindOrStartAsync);

    readonly IRabbitNode? node;
    readonly string address;
    int taken;

    TestBroker(IRabbitNode? node, string address)
    {
        this.node = node;
        this.address = address;
    }

    /// <summary>The broker's address: amqp://user:password@host:port, then its default virtual host.</summary>
    public string Address => node is null ? address : $"{address}/%2F";

    /// <summary>
    /// Returns the address for one of the users of an installation, such as `enrollment`, with the same permissions as
    /// there.
    /// </summary>
    /// <remarks>A broker that was named by the environment has only the user that its address names.</remarks>
    public string AddressOf(string user) =>
        node is null ? address : $"amqp://{user}:{RabbitDefinitions.User}@127.0.0.1:{node.Port}/%2F";

    /// <summary>
    /// Returns the broker that all tests of this process share; each takes a <see cref="NextVirtualHost"/>. It ends
    /// with this process.
    /// </summary>
    public static Task<TestBroker> SharedAsync() => OfThisProcess.Value;

    /// <summary>Starts a broker that the caller may stop and kill, and must dispose.</summary>
    public static async Task<TestBroker> StartAsync()
    {
        IRabbitNode node = await ContainerRabbit.IsPossibleAsync() ? new ContainerRabbit()
            : NativeRabbit.IsInstalled ? new NativeRabbit()
            : throw new InvalidOperationException("RabbitMQ is missing: install the package rabbitmq-server, or Docker.");
        await node.StartAsync();
        return new TestBroker(node, $"amqp://{RabbitDefinitions.User}:{RabbitDefinitions.User}@127.0.0.1:{node.Port}");
    }

    /// <summary>Returns the address of an empty virtual host that nobody else uses.</summary>
    /// <remarks>A broker that was named by the environment has only the one that its address names.</remarks>
    public string NextVirtualHost()
    {
        if (node is null)
            return address;

        var number = Interlocked.Increment(ref taken);
        return number <= RabbitDefinitions.VirtualHosts
            ? $"{address}/{RabbitDefinitions.Name(number)}"
            : throw new InvalidOperationException($"All {RabbitDefinitions.VirtualHosts} virtual hosts are taken; RabbitDefinitions can make more.");
    }

    /// <summary>
    /// Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>, with the same data and port.
    /// </summary>
    public Task StartAgainAsync() => Own.StartAsync();

    /// <summary>Shuts it down.</summary>
    public Task StopAsync() => Own.StopAsync();

    /// <summary>Kills it with SIGKILL.</summary>
    public Task KillAsync() => Own.KillAsync();

    /// <summary>Freezes it: its connections stay open, and it does not answer.</summary>
    public Task FreezeAsync() => Own.FreezeAsync();

    /// <summary>Continues it after <see cref="FreezeAsync"/>.</summary>
    public Task ThawAsync() => Own.ThawAsync();

    /// <summary>Its version, such as `RabbitMQ 3.10.8`.</summary>
    public async Task<string> VersionAsync() => $"RabbitMQ {(await Own.ControlAsync("version")).Trim()}";

    /// <summary>Runs `rabbitmqctl` on it.</summary>
    public Task ControlAsync(params string[] arguments) => Own.ControlAsync(arguments);

    /// <summary>Removes it with all its data.</summary>
    public ValueTask DisposeAsync() => node?.DisposeAsync() ?? ValueTask.CompletedTask;

    IRabbitNode Own => node ?? throw new InvalidOperationException("Only a broker from StartAsync may be stopped.");

    static async Task<TestBroker> FindOrStartAsync() =>
        Environment.GetEnvironmentVariable("JOURNEYS_TEST_RABBITMQ") is { Length: > 0 } given
            ? new TestBroker(null, given)
            : await StartAsync();
}
