using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Large batches leave time for calls.</summary>
public sealed class CallsFirstTests : IAsyncDisposable
{
    const int Batches = 8;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static readonly Guid Site = Guid.CreateVersion7();
    static readonly Guid Other = Guid.CreateVersion7();

    readonly FakeTimeProvider time = new();
    readonly SiteGate gate = new(Options.Create(new PostgresOptions()));
    readonly CancellationTokenSource over = new();
    readonly Lock guard = new();
    readonly TaskCompletionSource allBegan = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CallsFirst callsFirst;
    int running;
    int most;
    int ended;

    public CallsFirstTests() => callsFirst = new(gate) { Time = time };

    [Fact]
    public async Task Without_calls_all_run_at_once()
    {
        await RunAsync(CallsFirst.Large, UntilAllBegan);

        Assert.Equal((Batches, Batches), (most, ended));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_calls_come_few_run_at_once_and_all_come_to_their_end(bool isOneSite)
    {
        var calls = CallAsync();

        await RunAsync(CallsFirst.Large, () => Task.Delay(20), isOneSite ? () => Site : () => Guid.CreateVersion7());
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
    public async Task A_slice_that_takes_long_keeps_only_its_own_site_waiting()
    {
        var calls = CallAsync();
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = 0;
        var slow = Task.WhenAll(Enumerable.Range(0, 3 * CallsFirst.Lanes).Select(_ => callsFirst.RunAsync(Site, CallsFirst.Large, BeginAsync, CancellationToken.None)));
        var others = callsFirst.RunAsync(Other, CallsFirst.Large, () => Task.CompletedTask, CancellationToken.None);
        var waited = !others.IsCompleted;

        time.Advance(CallsFirst.Turn);
        await others.WaitAsync(Patience);

        Assert.Equal((true, CallsFirst.Lanes), (waited, begun));
        mayEnd.SetResult();
        await Eventually.True(() => Task.FromResult(IsOverAfterATurn()), "the slow ones to end");
        await over.CancelAsync();
        await calls;
        Assert.Equal(3 * CallsFirst.Lanes, begun);

        Task BeginAsync()
        {
            Interlocked.Increment(ref begun);
            return mayEnd.Task;
        }

        bool IsOverAfterATurn()
        {
            time.Advance(CallsFirst.Turn / 10);
            return slow.IsCompletedSuccessfully;
        }
    }

    [Fact]
    public async Task Those_whose_site_has_no_place_free_wait_without_the_others_of_their_batch()
    {
        var calls = CallAsync();
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slices = new List<IReadOnlyList<Guid>>();
        Guid[] mixed = [.. Enumerable.Range(0, CallsFirst.Large).Select(n => n % 2 == 0 ? Site : Other)];
        Task KeepAsync(IReadOnlyList<Guid> slice)
        {
            slices.Add(slice);
            return Task.CompletedTask;
        }

        var slow = HoldAsync(Site, mayEnd.Task);
        time.Advance(CallsFirst.Turn);
        var batch = callsFirst.RunAsync(mixed, site => site, KeepAsync, CancellationToken.None);
        await Eventually.True(() => Task.FromResult(slices.Count > 0), "the first slice to be done");
        var first = slices[0];
        mayEnd.SetResult();
        await Eventually.True(() => Task.FromResult(IsOverAfterATurn()), "all to end");
        await over.CancelAsync();
        await calls;

        Assert.Equal(Enumerable.Repeat(Other, CallsFirst.Large / 2), first);
        Assert.Equal([.. Enumerable.Repeat(Other, CallsFirst.Large / 2), .. Enumerable.Repeat(Site, CallsFirst.Large / 2)], slices.SelectMany(slice => slice));

        bool IsOverAfterATurn()
        {
            time.Advance(CallsFirst.Turn / 10);
            return slow.IsCompletedSuccessfully && batch.IsCompletedSuccessfully;
        }
    }

    [Fact]
    public async Task A_slice_of_several_sites_counts_for_each_of_them()
    {
        var calls = CallAsync();
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hasBegun = false;
        Guid[] mixed = [.. Enumerable.Range(0, CallsFirst.Large).Select(n => n % 2 == 0 ? Site : Other)];

        var slow = Task.WhenAll(Enumerable.Range(0, CallsFirst.Lanes).Select(_ => callsFirst.RunAsync(mixed, site => site, _ => mayEnd.Task, CancellationToken.None)));
        time.Advance(CallsFirst.Turn);
        var another = callsFirst.RunAsync(Of(Other), site => site, _ => BeginAsync(), CancellationToken.None);
        await callsFirst.RunAsync(Guid.CreateVersion7(), CallsFirst.Large, () => Task.CompletedTask, CancellationToken.None).WaitAsync(Patience);
        var hadBegun = hasBegun;
        mayEnd.SetResult();
        await Eventually.True(() => Task.FromResult(IsOverAfterATurn()), "all to end");
        await over.CancelAsync();
        await calls;

        Assert.Equal((false, true), (hadBegun, hasBegun));

        Task BeginAsync()
        {
            hasBegun = true;
            return Task.CompletedTask;
        }

        bool IsOverAfterATurn()
        {
            time.Advance(CallsFirst.Turn / 10);
            return slow.IsCompletedSuccessfully && another.IsCompletedSuccessfully;
        }
    }

    [Fact]
    public async Task Whoever_finds_no_place_for_long_is_put_off_and_those_who_come_next_at_once()
    {
        var calls = CallAsync();
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = HoldAsync(Site, mayEnd.Task);
        var begun = new List<Guid>();

        var waits = KeepAsync(Site, Other);
        time.Advance(CallsFirst.Turn);
        await Eventually.True(() => Task.FromResult(begun.Count > 0), "the other site's part to be done");
        var waited = !waits.IsCompleted;
        await Eventually.True(() => Task.FromResult(IsOver(waits)), "the rest to be put off");
        var next = await Assert.ThrowsAsync<PutOff>(() => KeepAsync(Site).WaitAsync(Patience));
        mayEnd.SetResult();
        await Eventually.True(() => Task.FromResult(IsOver(slow)), "the slow ones to end");
        var last = KeepAsync(Site);
        await Eventually.True(() => Task.FromResult(IsOver(last)), "the last to be done");
        await over.CancelAsync();
        await calls;

        Assert.True(waited);
        Assert.IsType<PutOff>(waits.Exception!.InnerException);
        Assert.Equal([Other, Site], begun.Distinct());
        Assert.True(last.IsCompletedSuccessfully);

        Task KeepAsync(params Guid[] sites) => callsFirst.RunAsync(
            [.. sites.SelectMany(Of)], site => site, slice => Task.Run(() => begun.AddRange(slice)), CancellationToken.None);
    }

    [Fact]
    public async Task A_batch_that_waits_goes_on_with_the_site_that_has_a_place_first()
    {
        var calls = CallAsync();
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        var (busy, free) = (HoldAsync(Site, second.Task), HoldAsync(Other, first.Task));
        var begun = new List<Guid>();
        time.Advance(CallsFirst.Turn);

        var batch = callsFirst.RunAsync([Site, .. Of(Other)], site => site, slice => Task.Run(() => begun.AddRange(slice)), CancellationToken.None);
        first.SetResult();
        await Eventually.True(() => Task.FromResult(IsOver(free) && begun.Count > 0), "the part of the site that is free to be done");
        second.SetResult();
        await Eventually.True(() => Task.FromResult(IsOver(busy) && IsOver(batch)), "all to end");
        await over.CancelAsync();
        await calls;

        Assert.Equal([Other, Site], begun.Distinct());
    }

    [Fact]
    public async Task A_site_that_is_known_to_be_slow_shares_no_slice_and_goes_last()
    {
        var calls = CallAsync();
        var slices = new List<IReadOnlyList<Guid>>();

        var batch = callsFirst.RunAsync(
            [Site, .. Of(Other)], site => site, slice => Task.Run(() => slices.Add(slice)), CancellationToken.None, site => site == Site);
        await Eventually.True(() => Task.FromResult(IsOver(batch)), "all to be done");
        await over.CancelAsync();
        await calls;

        Assert.Equal([Of(Other), [Site]], slices);
    }

    [Fact]
    public async Task Batches_that_cannot_be_cut_keep_none_waiting_that_can()
    {
        var calls = CallAsync();
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var chunks = Task.WhenAll(Enumerable.Range(0, CallsFirst.Lanes).Select(_ => callsFirst.RunAsync(Site, CallsFirst.Large, () => mayEnd.Task, CancellationToken.None)));
        time.Advance(CallsFirst.Turn);

        await callsFirst.RunAsync(Of(Site), site => site, _ => Task.CompletedTask, CancellationToken.None).WaitAsync(Patience);

        Assert.False(chunks.IsCompleted);
        mayEnd.SetResult();
        await Eventually.True(() => Task.FromResult(IsOver(chunks)), "the chunks to end");
        await over.CancelAsync();
        await calls;
    }

    [Fact]
    public async Task Where_several_slices_fail_each_failure_is_told()
    {
        var calls = CallAsync();
        var failures = new Queue<Exception>([new InvalidOperationException(), new PutOff("The rest is put off.")]);

        var told = await Assert.ThrowsAnyAsync<Exception>(() => callsFirst.RunAsync(
            Enumerable.Range(0, 2 * CallsFirst.Large).ToList(), _ => Site, _ => throw failures.Dequeue(), CancellationToken.None));
        await over.CancelAsync();
        await calls;

        Assert.True(Faults.IsPutOff(told));
        Assert.Equal(2, Assert.IsType<AggregateException>(told).InnerExceptions.Count);
    }

    [Fact]
    public async Task A_slice_rests_no_longer_than_a_turn()
    {
        var calls = CallAsync();
        Task TakeLongAsync()
        {
            time.Advance(TimeSpan.FromMinutes(5));
            return Task.CompletedTask;
        }

        var slice = callsFirst.RunAsync(Site, CallsFirst.Large, TakeLongAsync, CancellationToken.None);
        var rested = !slice.IsCompleted;
        time.Advance(CallsFirst.Turn);
        await slice.WaitAsync(Patience);
        await over.CancelAsync();
        await calls;

        Assert.True(rested);
    }

    [Fact]
    public async Task A_batch_that_is_done_stays_done_when_the_service_stops_during_its_rest()
    {
        var calls = CallAsync();
        using var stopping = new CancellationTokenSource();

        await callsFirst.RunAsync(Site, CallsFirst.Large, () => EndAsync(stopping), stopping.Token).WaitAsync(Patience);
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

        await callsFirst.RunAsync(people, _ => Site, KeepAsync, CancellationToken.None);
        var calls = CallAsync();
        await callsFirst.RunAsync(people, _ => Site, KeepAsync, CancellationToken.None);
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
            Enumerable.Range(0, 2 * CallsFirst.Large).ToList(), _ => Site, _ => begun++ == 0 ? throw new TimeoutException() : Task.CompletedTask, CancellationToken.None));
        await over.CancelAsync();
        await calls;

        Assert.Equal(2, begun);
    }

    static Guid[] Of(Guid site) => [.. Enumerable.Repeat(site, CallsFirst.Large)];

    // Has all places of the site until it may end.
    Task HoldAsync(Guid site, Task mayEnd) => Task.WhenAll(
        Enumerable.Range(0, CallsFirst.Lanes).Select(_ => callsFirst.RunAsync(Of(site), one => one, _ => mayEnd, CancellationToken.None)));

    // In small steps, so that nobody has waited too long meanwhile.
    bool IsOver(Task task)
    {
        time.Advance(CallsFirst.Turn / 10);
        return task.IsCompleted;
    }

    async Task EndAsync(CancellationTokenSource stopping)
    {
        time.Advance(TimeSpan.FromMilliseconds(20));
        ended++;
        await stopping.CancelAsync();
    }

    Task UntilAllBegan() => allBegan.Task;

    Task RunAsync(int size, Func<Task> work, Func<Guid>? siteOf = null) => Task
        .WhenAll(Enumerable.Range(0, Batches).Select(_ => callsFirst.RunAsync(siteOf?.Invoke() ?? Site, size, () => CountAsync(work), CancellationToken.None)))
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
        await callsFirst.DisposeAsync();
        await gate.DisposeAsync();
    }
}
