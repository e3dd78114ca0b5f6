using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>No site takes every connection.</summary>
public sealed class SiteGateTests
{
    [Fact]
    public async Task A_site_has_half_of_the_connections_at_once_and_its_other_calls_wait_their_turn()
    {
        await using var gate = new SiteGate(Options.Create(new PostgresOptions { MaxPoolSize = 4 }));
        var site = Guid.CreateVersion7();
        var first = await gate.EnterAsync(site, CancellationToken.None);
        using var second = await gate.EnterAsync(site, CancellationToken.None);

        var third = gate.EnterAsync(site, CancellationToken.None).AsTask();
        using var ofAnother = await gate.EnterAsync(Guid.CreateVersion7(), CancellationToken.None);
        Assert.False(third.IsCompleted);

        first.Dispose();
        (await third).Dispose();
    }

    [Fact]
    public async Task Who_gives_up_waits_no_longer_and_takes_no_turn()
    {
        await using var gate = new SiteGate(Options.Create(new PostgresOptions { MaxPoolSize = 2, ConnectTimeoutSeconds = 60 }));
        var site = Guid.CreateVersion7();
        var first = await gate.EnterAsync(site, CancellationToken.None);
        using var giveUp = new CancellationTokenSource();

        var second = gate.EnterAsync(site, giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);

        first.Dispose();
        (await gate.EnterAsync(site, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task Who_waits_too_long_is_told_to_come_back_and_takes_no_turn()
    {
        await using var gate = new SiteGate(Options.Create(new PostgresOptions { MaxPoolSize = 2, ConnectTimeoutSeconds = 1 }));
        var site = Guid.CreateVersion7();
        var first = await gate.EnterAsync(site, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<Busy>(async () => await gate.EnterAsync(site, CancellationToken.None));
        Assert.Equal((StatusCode.Unavailable, "TRY_AGAIN"), (refusal.Code, refusal.Reason));

        first.Dispose();
        (await gate.EnterAsync(site, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task When_a_thousand_wait_the_next_is_told_to_come_back()
    {
        await using var gate = new SiteGate(Options.Create(new PostgresOptions { MaxPoolSize = 2, ConnectTimeoutSeconds = 60 }));
        var site = Guid.CreateVersion7();
        var first = await gate.EnterAsync(site, CancellationToken.None);
        var waiting = Enumerable.Range(0, 1_000).Select(_ => gate.EnterAsync(site, CancellationToken.None).AsTask()).ToList();

        var refusal = await Assert.ThrowsAsync<TooManyCalls>(async () => await gate.EnterAsync(site, CancellationToken.None));
        Assert.Equal(TimeSpan.FromSeconds(1), refusal.RetryAfter);

        first.Dispose();
        foreach (var turn in waiting)
            (await turn).Dispose();
    }
}
