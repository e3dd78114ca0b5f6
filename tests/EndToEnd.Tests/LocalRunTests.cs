using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Journeys.EmbeddedPostgres;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>The program behind ./deploy/local/up, as somebody runs it who has just cloned the repository.</summary>
public sealed class LocalRunTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static readonly string Program = RepoRoot.Under($"deploy/local/bin/{RepoRoot.Configuration}/net10.0/Journeys.Local.dll");

    readonly string folder = TestFolder.Create("local");
    readonly int port = FreePort.Next();

    public static TheoryData<string, string[]> Mistakes => new()
    {
        { "usage: ", ["--colour", "red"] },
        { "--port must be from 1 to 65534.", ["--port", "http"] },
        { "Messaging:Broker must be amqp://", ["--broker", "rabbit"] },
        { "Messaging:Broker must be amqp://", ["--broker", "http://127.0.0.1:5672"] },
        { "Messaging:Broker must be amqp://", ["--broker", "amqp://127.0.0.1:5672/a/b"] },
        { "RabbitMQ at 127.0.0.1:{nobody} cannot be used: Connection refused", ["--broker", "amqp://guest:secret@127.0.0.1:{nobody}/"] },
        { "credentials.json is not what an earlier start wrote", ["--data", "{folder}/spoiled"] },
        { "already exists", ["--data", "{folder}/file"] },
        { "is taken; choose another one with --port.", ["--port", "{taken}"] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_told_in_one_line(string line, string[] arguments)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        Directory.CreateDirectory(Path.Combine(folder, "spoiled"));
        await File.WriteAllTextAsync(Path.Combine(folder, "spoiled", "credentials.json"), "{");
        await File.WriteAllTextAsync(Path.Combine(folder, "file"), "");
        var nobody = FreePort.Next();
        string Fill(string text) => text
            .Replace("{folder}", folder, StringComparison.Ordinal)
            .Replace("{taken}", $"{((IPEndPoint)taken.LocalEndpoint).Port}", StringComparison.Ordinal)
            .Replace("{nobody}", $"{nobody}", StringComparison.Ordinal);
        var given = arguments.Select(Fill);

        await using var run = Start([.. given, "--no-demo", "--exit"]);
        await run.WaitForExitAsync(Patience);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches($"^deploy/local/up: .*{System.Text.RegularExpressions.Regex.Escape(Fill(line))}.*$", run.Output.Split('\n').Single(each => !each.Contains(" warn: ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--port", "8090", "-h")]
    public async Task Help_is_no_mistake(params string[] arguments)
    {
        var program = await Tool.OutputAsync(RepoRoot.Path, "dotnet", [Program, .. arguments]);
        var script = await Tool.OutputAsync(RepoRoot.Path, RepoRoot.Under("deploy/local/up"), arguments);

        Assert.StartsWith("usage: ./deploy/local/up [--port N]", program, StringComparison.Ordinal);
        Assert.Contains("./deploy/local/up [--port N] [--data DIR] [--no-demo]", script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deploy/docker/new-env", "./deploy/docker/new-env admin@example.com > .env")]
    [InlineData("deploy/docker/new-certificates", "./deploy/docker/new-certificates FOLDER")]
    [InlineData("tests/run", "./tests/run Engine.Tests sdk")]
    public async Task A_script_tells_how_it_is_called(string script, string usage)
    {
        Assert.Contains(usage, await Tool.OutputAsync(RepoRoot.Path, RepoRoot.Under(script), "--help"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_kept_is_there_after_a_kill_and_a_stop_ends_all_of_it()
    {
        string journey;
        await using (var first = Start("--no-demo"))
        {
            await first.WaitForLineAsync("ready ", Patience);
            using var api = Open();
            journey = await api.PublishAsync(Designs.UntilPaid());
            await first.KillAsync();
        }

        await using var second = Start("--no-demo");
        await second.WaitForLineAsync("ready ", Patience);
        using var again = Open();
        var kept = await again.GetAsync($"/api/journeys/{journey}");
        second.Send(UnixSignal.Interrupt);
        await second.WaitForExitAsync(Patience);

        Assert.Equal("PUBLISHED", kept["status"]!.GetValue<string>());
        Assert.Equal(0, second.ExitCode);
        Assert.True(FreePort.IsFree(port));
        // PostgreSQL takes it away when it stops in good order.
        Assert.False(File.Exists(Path.Combine(folder, "cluster", "postmaster.pid")));
    }

    ChildProcess Start(params string[] arguments)
    {
        string[] usual = [.. arguments.Contains("--port") ? (string[])[] : ["--port", $"{port}"], .. arguments.Contains("--data") ? (string[])[] : ["--data", folder]];
        return ChildProcess.Start("dotnet", [Program, .. usual, .. arguments]);
    }

    Api Open()
    {
        var credentials = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "credentials.json")))!;
        return new Api(new Uri(credentials["url"]!.GetValue<string>()), credentials["secretKey"]!.GetValue<string>(), credentials["publishableKey"]!.GetValue<string>(), () => new DescribedAnswers());
    }
}
