using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>Work for many is done in as few parts as one that fails allows.</summary>
public sealed class SplittingTests
{
    static readonly Guid[] Sites = [Guid.CreateVersion7(), Guid.CreateVersion7()];

    [Fact]
    public async Task Sound_sites_are_done_at_once_and_the_one_to_blame_is_found_by_halves()
    {
        var (parts, failed) = (new List<int>(), new List<int>());

        await Splitting.RunAsync(
            Enumerable.Range(0, 200).ToList(), item => Sites[item % 2],
            part =>
            {
                if (part.Contains(31))
                    throw new FormatException("31");
                parts.Add(part.Count);
                return Task.FromResult(true);
            },
            (item, _) =>
            {
                failed.Add(item);
                return Task.CompletedTask;
            });

        Assert.Equal([31], failed);
        Assert.Equal(199, parts.Sum());
        Assert.Equal(100, parts[0]);
        Assert.InRange(parts.Count, 7, 8);
    }

    [Fact]
    public async Task An_outage_splits_nothing_and_sets_nobody_aside()
    {
        var tries = 0;

        await Assert.ThrowsAsync<NpgsqlException>(() => Splitting.RunAsync<int, bool>(
            [1, 2, 3], _ => Sites[0],
            _ =>
            {
                tries++;
                throw new NpgsqlException("away", new IOException("broken"));
            },
            (_, _) => throw new InvalidOperationException("nobody")));

        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task What_is_slow_for_everybody_passes_also_where_rules_about_somebody_showed_it()
    {
        var slow = new RulesTooCostly { InDatabase = new PostgresException("slow", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled) };

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => Splitting.RunAsync<int, bool>(
            [.. Enumerable.Range(0, 2 * Splitting.MostSlow)], _ => Sites[0], _ => throw slow, (_, reason) => throw reason));

        Assert.Equal(Fault.Passing, Faults.Of(failure));
    }

    [Fact]
    public async Task After_many_slow_ones_the_rest_of_their_site_is_put_off_in_what_follows_too()
    {
        var slow = new PostgresException("slow", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled);
        var (slowPeople, failed, done) = (new SlowSites(TimeProvider.System).Begin(), new List<int>(), new List<int>());
        Task RunAsync() => Assert.ThrowsAsync<PutOff>(() => Splitting.RunAsync<int, bool>(
            Enumerable.Range(0, 100).ToList(), item => Sites[item % 2],
            part =>
            {
                if (part.Any(item => item % 2 == 0))
                    throw slow;
                done.AddRange(part);
                return Task.FromResult(true);
            },
            (item, _) =>
            {
                failed.Add(item);
                return Task.CompletedTask;
            },
            slowPeople));

        await RunAsync();
        await RunAsync();

        Assert.Equal(Enumerable.Range(0, SlowSites.Most).Select(n => 2 * n), failed);
        Assert.Equal(100, done.Count);
    }

    [Fact]
    public async Task A_site_with_many_slow_ones_is_remembered_for_a_minute_and_makes_way_sooner()
    {
        var time = new FakeTimeProvider();
        var (sites, failed) = (new SlowSites(time), new List<int>());

        await RunAsync();
        Assert.Equal(SlowSites.Most, failed.Count);
        await RunAsync();
        await RunAsync();
        Assert.Equal(SlowSites.Most + 2, failed.Count);
        time.Advance(SlowSites.Memory);
        await RunAsync();
        Assert.Equal((2 * SlowSites.Most) + 2, failed.Count);

        async Task RunAsync()
        {
            var first = true;
            await Assert.ThrowsAsync<PutOff>(() => Splitting.RunAsync<int, bool>(
                Enumerable.Range(0, 100).ToList(), item => Sites[item % 2],
                part =>
                {
                    // Others need no part that takes long before it is their turn.
                    Assert.True(!first || failed.Count % SlowSites.Most == 0 || part.All(item => item % 2 == 1));
                    first = false;
                    return part.Any(item => item % 2 == 0)
                        ? throw new PostgresException("slow", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled)
                        : Task.FromResult(true);
                },
                (item, _) =>
                {
                    failed.Add(item);
                    return Task.CompletedTask;
                },
                sites.Begin()));
        }
    }

    [Fact]
    public async Task Whoever_is_locked_keeps_nobody_behind_them()
    {
        var locked = new PostgresException("locked", "ERROR", "ERROR", PostgresErrorCodes.LockNotAvailable);
        var done = new List<int>();

        await Assert.ThrowsAsync<PostgresException>(() => Splitting.RunAsync<int, bool>(
            [1, 2, 3], _ => Sites[0],
            part =>
            {
                if (part.Contains(1))
                    throw locked;
                done.AddRange(part);
                return Task.FromResult(true);
            },
            (_, _) => throw locked));

        Assert.Equal([2, 3], done);
    }
}
