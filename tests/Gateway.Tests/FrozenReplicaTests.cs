using System.Diagnostics;
using Journeys.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Journeys.Gateways.Tests;

/// <summary>One of two real replicas is stopped in its tracks: it keeps its connections, accepts new ones, and answers nothing.</summary>
public sealed class FrozenReplicaTests : IAsyncLifetime
{
    const int Calls = 12;

    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);

    TestDatabase database = null!;
    ServiceProcess[] replicas = [];

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateEmptyAsync();
        var settings = new Dictionary<string, string>
        {
            ["Postgres:ConnectionString"] = database.ConnectionString,
            ["Messaging:Broker"] = "memory://frozen",
            ["Identity:SigningKey"] = GatewayUnderTest.SigningKey,
        };
        replicas = [new("services/Scheduler", settings), new("services/Scheduler", settings)];
        await replicas[0].StartAsync();
        await replicas[1].StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var replica in replicas)
            await replica.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task It_holds_those_who_were_there_for_seconds_and_nobody_afterwards_until_it_answers_again()
    {
        await using var gateway = await GatewayUnderTest.StartAsync($"--Services:Scheduler={replicas[0].Address},{replicas[1].Address}");
        var before = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.CallAsync("GET", "/api/timers/lag")));

        replicas[0].Freeze();
        var first = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => TimedAsync(gateway)));
        var then = await Task.WhenAll(Enumerable.Range(0, Calls).Select(_ => TimedAsync(gateway)));
        replicas[0].Thaw();

        Assert.All(before, reply => Assert.Equal(200, reply.Status));
        Assert.Contains(first, each => each.Reply.Status == 503);
        Assert.All(first, each => Assert.InRange(each.Took, TimeSpan.Zero, LongestWait));
        Assert.All(first.Where(each => each.Reply.Status != 200), each => Assert.Equal("1", each.Reply.Header("Retry-After")));
        Assert.All(then, each => Assert.Equal(200, each.Reply.Status));
        Assert.All(then, each => Assert.InRange(each.Took, TimeSpan.Zero, LongestWait));
        await Eventually.True(() => Task.FromResult(!gateway.Services.GetRequiredService<FailedCallHealthPolicy>().Any), "the thawed replica to be put back");
    }

    static async Task<(Reply Reply, TimeSpan Took)> TimedAsync(GatewayUnderTest gateway)
    {
        var begun = Stopwatch.StartNew();
        return (await gateway.CallAsync("GET", "/api/timers/lag"), begun.Elapsed);
    }
}
