using Journeys.EmbeddedPostgres;

namespace Journeys.Testing;

/// <summary>
/// RabbitMQ from the system's package `rabbitmq-server`, as a private node with ports of 127.0.0.1, data and an epmd of
/// its own.
/// </summary>
/// <param name="first">The node whose cluster it joins when it first starts; null for none.</param>
sealed class NativeRabbit(NativeRabbit? first = null) : IRabbitNode
{
    // Not the program on the PATH, which is for the system's own node and its user.
    const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    const string Control = "/usr/lib/rabbitmq/bin/rabbitmqctl";

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly string folder = TestFolder.Create("rabbitmq");
    readonly int epmdPort = first?.epmdPort ?? FreePort.Next();
    readonly int distributionPort = FreePort.Next();
    ChildProcess? epmd;
    ChildProcess? node;

    public static bool IsInstalled => File.Exists(Program);

    public int Port { get; } = FreePort.Next();

    string Name => $"journeys-{Port}@localhost";

    public async Task StartAsync()
    {
        WriteConfiguration();
        if (first is null)
            epmd ??= ChildProcess.Start("epmd", ["-address", "127.0.0.1", "-port", $"{epmdPort}"]);
        node = ChildProcess.Start(Program, [], Environment());
        await node.WaitForLineAsync("Server startup complete", Patience);
    }

    public async Task StopAsync()
    {
        node!.Send(UnixSignal.Terminate);
        await node.WaitForExitAsync(Patience);
    }

    public Task KillAsync() => node!.KillAsync();

    public Task FreezeAsync() => SendToAllAsync(UnixSignal.Freeze);

    public Task ThawAsync() => SendToAllAsync(UnixSignal.Continue);

    public async Task<string> ControlAsync(params string[] arguments)
    {
        await using var control = ChildProcess.Start(Control, ["--node", Name, .. arguments], Environment());
        await control.WaitForExitAsync(Patience);
        if (control.ExitCode != 0)
            throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)} failed.\n{control.Tail()}");
        return control.Tail();
    }

    public async ValueTask DisposeAsync()
    {
        if (node is not null)
            await node.DisposeAsync();
        if (epmd is not null)
            await epmd.DisposeAsync();
    }

    Task SendToAllAsync(UnixSignal signal)
    {
        node!.SendToAll(signal);
        return Task.CompletedTask;
    }

    void WriteConfiguration()
    {
        // A node that joins a cluster gets the definitions of the others.
        var origin = first is null ? $"load_definitions = {InFolder("definitions.json")}" : $"""
            cluster_formation.peer_discovery_backend = rabbit_peer_discovery_classic_config
            cluster_formation.classic_config.nodes.1 = {first.Name}
            """;
        File.WriteAllText(InFolder("definitions.json"), RabbitDefinitions.Json());
        File.WriteAllText(InFolder("plugins"), "[].");
        File.WriteAllText(InFolder("environment"), "");
        File.WriteAllText(InFolder("rabbitmq.conf"), $"""
            listeners.tcp.1 = 127.0.0.1:{Port}
            {origin}
            disk_free_limit.absolute = 50MB
            log.console = true
            log.file = false

            """);
    }

    Dictionary<string, string?> Environment() => new()
    {
        // The home folder has the cookie by which the nodes of a cluster authenticate each other.
        ["HOME"] = first?.folder ?? folder,
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["ERL_EPMD_PORT"] = $"{epmdPort}",
        ["RABBITMQ_NODENAME"] = Name,
        ["RABBITMQ_DIST_PORT"] = $"{distributionPort}",
        ["RABBITMQ_MNESIA_BASE"] = InFolder("data"),
        ["RABBITMQ_LOG_BASE"] = InFolder("log"),
        ["RABBITMQ_CONFIG_FILE"] = InFolder("rabbitmq.conf"),
        ["RABBITMQ_CONF_ENV_FILE"] = InFolder("environment"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = InFolder("plugins"),
        // Makes the start script replace itself with the server, so that signals reach the server.
        ["RABBITMQ_ALLOW_INPUT"] = "1",
        // Imports definitions one at a time, because a node that imported them in parallel once hung during its start.
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-noinput -kernel inet_dist_use_interface {127,0,0,1} -rabbit definition_import_work_pool_size 1",
    };

    string InFolder(string file) => Path.Combine(folder, file);
}
