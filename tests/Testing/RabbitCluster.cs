namespace Journeys.Testing;

/// <summary>
/// A cluster of three native RabbitMQ nodes: data that two of them have is kept, and one of them may fail.
/// </summary>
public sealed class RabbitCluster : IAsyncDisposable
{
    readonly NativeRabbit[] nodes;

    RabbitCluster(NativeRabbit[] nodes) => this.nodes = nodes;

    /// <summary>The settings of a service that connects to all of them.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Messaging:Broker"] = $"amqp://{RabbitDefinitions.User}:{RabbitDefinitions.User}@127.0.0.1:{nodes[0].Port}/%2F",
        ["Messaging:Nodes"] = string.Join(',', nodes.Skip(1).Select(node => $"127.0.0.1:{node.Port}")),
    };

    /// <summary>The number of nodes.</summary>
    public int Size => nodes.Length;

    /// <summary>Starts the cluster.</summary>
    /// <exception cref="InvalidOperationException">The package is missing.</exception>
    public static async Task<RabbitCluster> StartAsync()
    {
        if (!NativeRabbit.IsInstalled)
            throw new InvalidOperationException("A cluster of RabbitMQ needs the package rabbitmq-server.");

        var first = new NativeRabbit();
        var cluster = new RabbitCluster([first, new NativeRabbit(first), new NativeRabbit(first)]);
        foreach (var node in cluster.nodes)
            await node.StartAsync();
        return cluster;
    }

    /// <summary>The version of the nodes, such as `RabbitMQ 3.10.8`.</summary>
    public async Task<string> VersionAsync() => $"RabbitMQ {(await nodes[0].ControlAsync("version")).Trim()}";

    /// <summary>Kills a node with SIGKILL.</summary>
    public Task KillAsync(int node) => nodes[node].KillAsync();

    /// <summary>Starts a killed node again, and waits until it is back in the cluster.</summary>
    public Task StartAgainAsync(int node) => nodes[node].StartAsync();

    /// <summary>Stops all nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        // Stops the first node last, because the others find each other through it.
        foreach (var node in nodes.Reverse())
            await node.DisposeAsync();
    }
}
