using System.Diagnostics;
using Journeys.EndToEnd.Tests;
using Journeys.Testing;
using Journeys.Testing.Reports;
using Xunit.Abstractions;

namespace Journeys.Clusters.Tests;

/// <summary>A cluster of three RabbitMQ nodes that loses one after the other while people walk.</summary>
public sealed class RabbitFailoverTests(ITestOutputHelper output)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly RunReport report = new("./tests/run Cluster.Tests");

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_work_goes_on_when_a_node_dies()
    {
        await using var cluster = await RabbitCluster.StartAsync();
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using var installation = await Installation.StartAsync(database.ConnectionString, cluster.Settings);
        using var client = installation.Client();
        var table = report.Add(new Table("failover", "what dies", "a new person enters after", "and has completed a one-second wait after"));
        var walkers = new Walkers(client, await client.PublishAsync(Designs.TwoSteps("1s")), atOnce: 16);
        walkers.Start();
        await walkers.MoreAsync(50);

        for (var node = 0; node < cluster.Size; node++)
        {
            var killed = Stopwatch.GetTimestamp();
            await cluster.KillAsync(node);
            var (entered, arrived) = await walkers.WorkGoesOnAsync(killed);
            table.Add($"node {node + 1} of RabbitMQ", $"{entered.TotalSeconds:0.0} s", $"{arrived.TotalSeconds:0.0} s");
            Assert.True(arrived < Limit, $"The first who set out after node {node} was killed arrived after {arrived}.");

            await walkers.MoreAsync(50);
            await cluster.StartAgainAsync(node);
            await walkers.MoreAsync(50);
        }

        await walkers.StopAsync();

        output.WriteLine($"{table}");
        await Proof.NobodyIsLostAsync(database.ConnectionString, walkers);
        Assert.Empty(client.Counts.Problems);
        Assert.Equal(0, client.Counts.Unanswered);
        await report.KeepAsync("cluster-rabbitmq", [await cluster.VersionAsync()], $"{walkers.Arrived:#,0} people walked, 0 problems");
    }
}
