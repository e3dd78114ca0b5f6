using Journeys.BuildingBlocks.Databases;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Large batches leave time for calls.</summary>
public sealed class CallsFirstTests : IAsyncDisposable
{
    const int Batches = 8;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    readonly SiteGate gate = new(Options.Create(new PostgresOptions()));
    readonly CancellationTokenSource over = new();
    readonly Lock guard = new();
    readonly TaskCompletionSource allBegan = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CallsFirst callsFirst;
    int running;
    int most;
    int ended;

    public CallsFirstTests() => callsFirst = new(gate);

    [Fact]
    public async Task Without_calls_all_run_at_once()
    {
        await RunAsync(CallsFirst.Large, UntilAllBegan);

        Assert.Equal((Batches, Batches), (most, ended));
    }

    [Fact]
    public async Task While_calls_come_few_run_at_once_and_all_come_to_their_end()
    {
        var calls = CallAsync();

        await RunAsync(CallsFirst.Large, () => Task.Delay(20));
        await over.CancelAsync();
        await calls;

        Assert.Equal(Batches, ended);
        Assert.InRange(most, 1, CallsFirst.Lanes);
    }

    [Fact]
    public async Task A_small_batch_waits_for_nothing()
    {
        var calls = CallAsync();

        await RunAsync(CallsFirst.Large - 1, UntilAllBegan);
        await over.CancelAsync();
        await calls;

        Assert.Equal(Batches, most);
    }

    [Fact]
    public async Task A_batch_that_is_done_stays_done_when_the_service_stops_during_its_rest()
    {
        var calls = CallAsync();
        using var stopping = new CancellationTokenSource();

        await callsFirst.RunAsync(CallsFirst.Large, () => EndAsync(stopping), stopping.Token).WaitAsync(Patience);
        await over.CancelAsync();
        await calls;

        Assert.Equal(1, ended);
    }

    [Fact]
    public async Task A_large_batch_is_whole_without_calls_and_cut_into_slices_while_they_come()
    {
        var people = Enumerable.Range(0, 2 * CallsFirst.Large + 1).ToList();
        var slices = new List<IReadOnlyList<int>>();
        Task KeepAsync(IReadOnlyList<int> slice)
        {
            slices.Add(slice);
            return Task.CompletedTask;
        }

        await callsFirst.RunAsync(people, KeepAsync, CancellationToken.None);
        var calls = CallAsync();
        await callsFirst.RunAsync(people, KeepAsync, CancellationToken.None);
        await over.CancelAsync();
        await calls;

        Assert.Equal([people.Count, CallsFirst.Large, CallsFirst.Large, 1], slices.Select(slice => slice.Count));
        Assert.Equal(people, slices.Skip(1).SelectMany(slice => slice));
    }

    [Fact]
    public async Task What_follows_a_slice_that_fails_is_done_all_the_same_and_the_failure_is_told()
    {
        var calls = CallAsync();
        var begun = 0;

        await Assert.ThrowsAsync<TimeoutException>(() => callsFirst.RunAsync(
            Enumerable.Range(0, 2 * CallsFirst.Large).ToList(), _ => begun++ == 0 ? throw new TimeoutException() : Task.CompletedTask, CancellationToken.None));
        await over.CancelAsync();
        await calls;

        Assert.Equal(2, begun);
    }

    async Task EndAsync(CancellationTokenSource stopping)
    {
        await Task.Delay(20, CancellationToken.None);
        ended++;
        await stopping.CancelAsync();
    }

    Task UntilAllBegan() => allBegan.Task;

    Task RunAsync(int size, Func<Task> work) => Task.WhenAll(Enumerable.Range(0, Batches).Select(_ => callsFirst.RunAsync(size, () => CountAsync(work), CancellationToken.None)))
        .WaitAsync(Patience);

    async Task CountAsync(Func<Task> work)
    {
        lock (guard)
        {
            most = Math.Max(most, ++running);
            if (running == Batches)
                allBegan.SetResult();
        }

        await work();
        lock (guard)
            (running, ended) = (running - 1, ended + 1);
    }

    // The first one comes before this returns.
    async Task CallAsync()
    {
        while (!over.IsCancellationRequested)
        {
            (await gate.EnterAsync(Guid.Empty, CancellationToken.None)).Dispose();
            await Task.Delay(5, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        over.Dispose();
        await gate.DisposeAsync();
    }
}
