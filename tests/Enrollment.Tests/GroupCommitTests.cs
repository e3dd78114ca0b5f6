using System.Collections.Concurrent;
using System.Diagnostics;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Sdk;
using Journeys.Testing;

namespace Journeys.Enrollments.Tests;

/// <summary>What arrives while a group is under way shares the next one.</summary>
public sealed class GroupCommitTests
{
    readonly Lock guard = new();
    readonly List<IReadOnlyList<Item>> groups = [];
    readonly List<TaskCompletionSource> gates = [];
    readonly GroupCommit<Item, string> commits;

    public GroupCommitTests() => commits = new("test", CommitAsync, item => item.SiteId, item => item.Key, TimeSpan.FromMinutes(5));

    static readonly Guid Site = Guid.CreateVersion7();

    [Fact]
    public void A_lone_item_goes_at_once_and_waits_for_nobody()
    {
        _ = AddAsync("a");

        Assert.Equal(["a"], Keys(0));
    }

    [Fact]
    public async Task What_arrives_meanwhile_shares_the_next_group_and_each_gets_its_own_result()
    {
        var all = "abcde".Select(key => AddAsync($"{key}")).ToList();
        Assert.Equal(["a|b"], [string.Join('|', groups.SelectMany(group => group).Select(item => item.Key))]);

        await EndAsync(0);
        await GroupsAsync(3);
        await EndAsync(1);
        await EndAsync(2);

        Assert.Equal(["a", "b", "c", "d", "e"], await Task.WhenAll(all));
        Assert.Equal(["c", "d", "e"], Keys(2));
    }

    [Fact]
    public async Task Items_with_the_same_key_keep_their_order_and_are_never_under_way_together()
    {
        var all = Enumerable.Range(0, 3).Select(_ => AddAsync("same")).ToList();
        var other = AddAsync("other");
        Assert.Equal((2, "other"), (groups.Count, Keys(1).Single()));

        await EndAsync(1);
        await other;
        foreach (var (report, group) in all.Zip([0, 2, 3]))
        {
            await GroupsAsync(group + 1);
            Assert.Equal(Math.Max(2, group + 1), groups.Count);
            await EndAsync(group);
            await report;
        }

        var numbers = groups.Where((_, group) => group != 1).Select(group => group.Single().No).ToList();
        Assert.Equal(numbers.Order(), numbers);
    }

    [Fact]
    public async Task A_site_waits_for_no_other_however_many_items_that_one_has()
    {
        var all = Enumerable.Range(0, 300).Select(n => AddAsync($"many {n}")).ToList();

        all.Add(AddAsync("one", siteId: Guid.CreateVersion7()));

        Assert.Equal((3, "one"), (groups.Count, Keys(2).Single()));
        await EndAllAsync(all);
    }

    [Fact]
    public async Task A_group_has_a_bound_and_the_oldest_come_first()
    {
        var all = Enumerable.Range(0, 300).Select(n => AddAsync($"{n}")).ToList();

        await EndAsync(0);
        await GroupsAsync(3);

        Assert.Equal(Enumerable.Range(2, GroupCommit<Item, string>.MostAtOnce).Select(n => $"{n}"), Keys(2));
        await EndAllAsync(all);
    }

    [Fact]
    public async Task A_failure_is_told_to_all_of_the_group_and_to_nobody_else()
    {
        var first = AddAsync("a");
        var second = AddAsync("b");
        var third = AddAsync("c");

        gates[0].SetException(new TimeoutException("gone"));

        Assert.Equal("gone", (await Assert.ThrowsAsync<TimeoutException>(() => first)).Message);
        await EndAsync(1);
        await second;
        await GroupsAsync(3);
        await EndAsync(2);
        await third;
    }

    [Fact]
    public async Task Who_gives_up_while_waiting_is_left_out_and_who_gives_up_later_undoes_nothing()
    {
        using var patience = new CancellationTokenSource();
        var begun = AddAsync("begun", ct: patience.Token);
        var other = AddAsync("other");
        var waiting = AddAsync("waiting", ct: patience.Token);
        var next = AddAsync("next");

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begun);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await EndAsync(0);
        await EndAsync(1);
        await other;
        await GroupsAsync(3);

        Assert.Equal(["next"], Keys(2));
        await EndAsync(2);
        await next;
    }

    [Fact]
    public async Task A_thousand_items_of_a_site_may_wait_and_no_more()
    {
        var all = Enumerable.Range(0, 1_002).Select(n => AddAsync($"{n}")).ToList();

        await Assert.ThrowsAsync<TooManyCalls>(() => AddAsync("too many"));
        all.Add(AddAsync("other site", siteId: Guid.CreateVersion7()));

        await EndAllAsync(all);
    }

    [Fact]
    public async Task Whose_group_does_not_begin_in_time_is_told_so_and_whose_has_begun_is_not()
    {
        var impatient = new GroupCommit<Item, string>("test", CommitAsync, item => item.SiteId, item => item.Key, TimeSpan.FromMilliseconds(20));
        Task<string> AddAsync(string key) => impatient.AddAsync(new Item(Site, key, 0), CancellationToken.None);
        var (first, second, third) = (AddAsync("a"), AddAsync("b"), AddAsync("c"));

        await Assert.ThrowsAsync<Busy>(() => third);
        Assert.False(first.IsCompleted);
        await EndAllAsync([first, second]);

        await Task.WhenAll(first, second);
        Assert.Equal(2, groups.Count);
    }

    // As a service is used: whatever comes is done once, in the order of its key, in far fewer groups than there are items.
    [Fact]
    public async Task Many_callers_at_once_are_all_served_once_and_in_order()
    {
        var served = new Dictionary<string, List<int>>();
        var count = 0;
        var busy = new GroupCommit<Item, string>(
            "test",
            async items =>
            {
                Interlocked.Increment(ref count);
                await Task.Yield();
                lock (served)
                {
                    foreach (var item in items)
                        (served.TryGetValue(item.Key, out var numbers) ? numbers : served[item.Key] = []).Add(item.No);
                }

                return [.. items.Select(item => item.Key)];
            },
            item => item.SiteId,
            item => item.Key,
            TimeSpan.FromMinutes(5));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(caller => Task.Run(async () =>
        {
            var several = Enumerable.Range(0, 40).Select(no => busy.AddAsync(new Item(Site, $"caller {caller}", no), CancellationToken.None)).ToList();
            await Task.WhenAll(several);
        })));

        Assert.Equal(20, served.Count);
        Assert.All(served.Values, numbers => Assert.Equal(Enumerable.Range(0, 40), numbers));
        Assert.InRange(count, 40, 799);
    }

    [Fact]
    public async Task A_group_of_one_is_a_span_of_its_call_and_a_larger_one_links_to_its_calls()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source == Telemetry.Activities,
            Sample = (ref _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var spans = new ConcurrentQueue<(Activity? Span, IReadOnlyList<Item> Group)>();
        var traced = new GroupCommit<Item, string>(
            "store things",
            async items =>
            {
                await gate.Task;
                spans.Enqueue((Activity.Current, items));
                return [.. items.Select(item => item.Key)];
            },
            item => item.SiteId,
            item => item.Key,
            TimeSpan.FromMinutes(5));

        var calls = new List<(Activity Span, Task<string> Result)>();
        foreach (var key in (string[])["a", "b", "c", "d"])
        {
            using var call = new Activity($"call {key}").Start();
            calls.Add((call, traced.AddAsync(new Item(Site, key, 0), CancellationToken.None)));
            Assert.Equal(call, Activity.Current);
        }

        gate.SetResult();
        await Task.WhenAll(calls.Select(call => call.Result));

        var alone = spans.Where(each => each.Group.Count == 1).OrderBy(each => each.Group[0].Key).ToList();
        Assert.Equal([calls[0].Span.SpanId, calls[1].Span.SpanId], alone.Select(each => each.Span!.ParentSpanId));
        Assert.Equal([calls[0].Span.TraceId, calls[1].Span.TraceId], alone.Select(each => each.Span!.TraceId));
        var together = Assert.Single(spans, each => each.Group.Count > 1).Span!;
        Assert.Equal(("store things", default(ActivitySpanId)), (together.OperationName, together.ParentSpanId));
        Assert.Equal([calls[2].Span.Context, calls[3].Span.Context], together.Links.Select(link => link.Context));
        Assert.DoesNotContain(calls, call => call.Span.TraceId == together.TraceId);
    }

    [Fact]
    public async Task A_group_sees_nothing_of_the_call_that_began_its_lane_or_made_the_first_use()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = new ConcurrentQueue<string?>();
        var ofCall = new AsyncLocal<string?> { Value = "the call that made it" };
        var lanes = new GroupCommit<Item, string>(
            "test",
            async items =>
            {
                seen.Enqueue(ofCall.Value);
                await gate.Task;
                seen.Enqueue(ofCall.Value);
                return [.. items.Select(item => item.Key)];
            },
            item => item.SiteId,
            item => item.Key,
            TimeSpan.FromMinutes(5));

        var all = new List<Task<string>>();
        foreach (var key in (string[])["a", "b", "c", "d"])
        {
            ofCall.Value = $"call {key}";
            all.Add(lanes.AddAsync(new Item(Site, key, 0), CancellationToken.None));
            Assert.Equal($"call {key}", ofCall.Value);
        }

        gate.SetResult();
        await Task.WhenAll(all);

        Assert.Equal(Enumerable.Repeat<string?>(null, 6), seen);
    }

    Task<string> AddAsync(string key, Guid? siteId = null, CancellationToken ct = default) =>
        commits.AddAsync(new Item(siteId ?? Site, key, Interlocked.Increment(ref last)), ct);

    int last;

    async Task<IReadOnlyList<string>> CommitAsync(IReadOnlyList<Item> items)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (guard)
        {
            groups.Add(items);
            gates.Add(gate);
        }

        await gate.Task;
        return [.. items.Select(item => item.Key)];
    }

    Task EndAsync(int group)
    {
        gates[group].TrySetResult();
        return Task.CompletedTask;
    }

    async Task EndAllAsync(IReadOnlyList<Task> all) => await Eventually.True(
        () =>
        {
            lock (guard)
                gates.ForEach(gate => gate.TrySetResult());
            return Task.FromResult(all.All(task => task.IsCompleted));
        },
        "all groups to end");

    Task GroupsAsync(int count) => Eventually.True(
        () =>
        {
            lock (guard)
                return Task.FromResult(groups.Count >= count);
        },
        $"group {count} to begin");

    IReadOnlyList<string> Keys(int group) => [.. groups[group].Select(item => item.Key)];

    sealed record Item(Guid SiteId, string Key, int No);
}
