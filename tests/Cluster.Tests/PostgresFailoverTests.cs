using System.Diagnostics;
using Journeys.EndToEnd.Tests;
using Journeys.Testing;
using Journeys.Testing.Reports;
using Xunit.Abstractions;

namespace Journeys.Clusters.Tests;

/// <summary>A primary with a synchronous standby, of which one and then the other dies while people walk.</summary>
public sealed class PostgresFailoverTests(ITestOutputHelper output)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly RunReport report = new("./tests/run Cluster.Tests");

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_work_goes_on_when_the_standby_dies_and_when_it_takes_over()
    {
        await using var postgres = await PostgresPair.StartAsync();
        await using var broker = await TestBroker.StartAsync();
        await using var installation = await Installation.StartAsync(
            postgres.ConnectionString, new Dictionary<string, string> { ["Messaging:Broker"] = broker.Address });
        using var client = installation.Client();
        var table = report.Add(new Table("failover", "what dies", "a new person enters after", "and has completed a one-second wait after"));
        var walkers = new Walkers(client, await client.PublishAsync(Designs.TwoSteps("1s")), atOnce: 16);
        walkers.Start();
        await walkers.MoreAsync(50);

        // Commits wait while it is away, so calls are told to come later.
        var told = client.Counts.Later;
        await postgres.KillStandbyAsync();
        await Eventually.True(() => Task.FromResult(client.Counts.Later > told), "a call that cannot be acknowledged");
        var back = Stopwatch.GetTimestamp();
        await postgres.StartStandbyAgainAsync();
        var (entered, arrived) = await walkers.WorkGoesOnAsync(back);
        table.Add(
            "the standby; calls return 503 or 504 with `Retry-After` until it is back, and the time counts from there",
            $"{entered.TotalSeconds:0.0} s", $"{arrived.TotalSeconds:0.0} s");
        Assert.True(arrived < Limit, $"The first who set out afterwards arrived after {arrived}.");
        await postgres.UntilInSyncAsync();
        await walkers.MoreAsync(50);

        var killed = Stopwatch.GetTimestamp();
        await postgres.KillPrimaryAsync();
        await postgres.PromoteAsync();
        (entered, arrived) = await walkers.WorkGoesOnAsync(killed);
        await walkers.MoreAsync(50);
        await walkers.StopAsync();

        table.Add("the primary; the standby is promoted", $"{entered.TotalSeconds:0.0} s", $"{arrived.TotalSeconds:0.0} s");
        output.WriteLine($"{table}");
        Assert.True(arrived < Limit, $"The first who set out afterwards arrived after {arrived}.");
        await Proof.NobodyIsLostAsync(postgres.ConnectionString, walkers);
        Assert.Empty(client.Counts.Problems);
        Assert.Equal(0, client.Counts.Unanswered);
        await report.KeepAsync(
            "cluster-postgresql", [await RunReport.VersionOfAsync(postgres.ConnectionString)], $"{walkers.Arrived:#,0} people walked, 0 problems");
    }
}
