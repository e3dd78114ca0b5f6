using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Journeys.BuildingBlocks.Tests;

public sealed class LoopTests
{
    readonly FakeTimeProvider time = new();
    readonly Wake<Counting> wake = new();

    [Fact]
    public async Task A_chore_rests_as_long_as_it_says()
    {
        var chore = new Counting(rest: TimeSpan.FromMinutes(1));
        using var loop = await StartAsync(chore);
        await chore.RunsAsync(1);

        time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(1, chore.Runs);
        time.Advance(TimeSpan.FromSeconds(10));

        await chore.RunsAsync(2);
    }

    [Fact]
    public async Task A_wake_ends_the_rest()
    {
        var chore = new Counting(rest: TimeSpan.FromDays(1));
        using var loop = await StartAsync(chore);
        await chore.RunsAsync(1);

        wake.Set();

        await chore.RunsAsync(2);
    }

    [Fact]
    public async Task A_failure_does_not_end_the_loop()
    {
        var chore = new Counting(rest: TimeSpan.FromDays(1)) { Fails = true };
        using var loop = await StartAsync(chore);
        await chore.RunsAsync(1);

        chore.Fails = false;
        wake.Set();

        await chore.RunsAsync(2);
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_the_rest()
    {
        var chore = new Counting(rest: TimeSpan.FromDays(1));
        using var loop = await StartAsync(chore);
        await chore.RunsAsync(1);

        await loop.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(4, 800)]
    [InlineData(40, 10_000)]
    public void The_rest_doubles_with_each_failure(int failures, int milliseconds)
    {
        var rest = BackOff.After(failures, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

        Assert.InRange(rest.TotalMilliseconds, milliseconds * 0.9, milliseconds);
    }

    async Task<BackgroundService> StartAsync(Counting chore)
    {
        var loop = new Loop<Counting>(chore, wake, time, NullLogger<Counting>.Instance, lanes: 1);
        await loop.StartAsync(CancellationToken.None);
        return loop;
    }

    sealed class Counting(TimeSpan rest) : IChore
    {
        readonly Channel<bool> done = Channel.CreateUnbounded<bool>();
        int waitedFor;

        public int Runs { get; private set; }

        public bool Fails { get; set; }

        public Task<TimeSpan> RunOnceAsync(CancellationToken ct)
        {
            Runs++;
            done.Writer.TryWrite(true);
            return Fails ? throw new InvalidOperationException("as the test wants it") : Task.FromResult(rest);
        }

        public async Task RunsAsync(int count)
        {
            for (; waitedFor < count; waitedFor++)
                await done.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2));
        }
    }
}
