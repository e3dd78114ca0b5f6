using System.Diagnostics;
using Journeys.Testing;
using Journeys.Testing.Clients;
using Npgsql;
using Xunit.Abstractions;

namespace Journeys.Clusters.Tests;

/// <summary>What is too slow, too much or away makes calls fail in time and for now; it fills no memory, and passes by itself.</summary>
public sealed class BackPressureTests(BusyInstallation busy, ITestOutputHelper output) : IClassFixture<BusyInstallation>
{
    const int Pages = 60;

    // A page is answered within 8 seconds (Gateway:SdkTimeoutSeconds); the machine that calls may be busy too.
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8 + 12);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task With_a_database_whose_statements_take_two_seconds_calls_are_told_in_time_to_come_later()
    {
        busy.Database.Delay = TimeSpan.FromSeconds(2);
        var answers = await busy.PressAsync(Pages, TimeSpan.FromSeconds(10));
        busy.Database.Delay = TimeSpan.Zero;

        Check(answers, mustFail: true);
        await RecoversAsync("statements that take two seconds", answers);
    }

    [Fact]
    public async Task With_no_connection_left_calls_are_told_in_time_to_come_later()
    {
        await using var connection = await busy.Beside.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("lock table enrollment.profile, enrollment.enrollment, enrollment.outbox in access exclusive mode", connection, transaction);
        await hold.ExecuteNonQueryAsync();
        var answers = await busy.PressAsync(Pages, TimeSpan.FromSeconds(10));
        await transaction.RollbackAsync();

        Check(answers, mustFail: true);
        await RecoversAsync("tables that are locked", answers);
    }

    [Fact]
    public async Task With_a_broker_that_blocks_publishers_calls_are_answered_and_what_they_cause_comes_later()
    {
        await busy.Broker.ControlAsync("set_vm_memory_high_watermark", "0.0001");
        var answers = await busy.PressAsync(Pages, TimeSpan.FromSeconds(10));
        var resting = await busy.CountAsync("select count(*) from enrollment.outbox");
        await busy.Broker.ControlAsync("set_vm_memory_high_watermark", "0.4");

        Check(answers, mustFail: false);
        Assert.NotEqual(0, resting);
        await RecoversAsync("a broker that blocks publishers (memory alarm)", answers);
    }

    [Fact]
    public async Task With_a_million_messages_in_the_outbox_calls_are_answered_and_it_empties()
    {
        await busy.Broker.StopAsync();
        // A fact that nobody has to hear.
        await busy.CountAsync("""
            with added as (
                insert into enrollment.outbox (outbox_id, message_type, body)
                select uuidv7(), 'journeys.events.v1.EnrollmentCompleted', decode(repeat('00', 200), 'hex') from generate_series(1, 1000000)
                returning 1)
            select count(*) from added
            """);
        var answers = await busy.PressAsync(Pages, TimeSpan.FromSeconds(10));
        await busy.Broker.StartAgainAsync();
        var back = Stopwatch.GetTimestamp();

        Check(answers, mustFail: false);
        await Eventually.Equal(
            0, () => busy.CountAsync("select count(*) from enrollment.outbox where created_at < now() - interval '20 seconds'"), "old messages", Patience);
        await RecoversAsync(
            "no broker, and 1,000,000 messages in the outbox", answers,
            $"the outbox was empty {Stopwatch.GetElapsedTime(back).TotalSeconds:0} s after the broker was back, then ");
    }

    // Right is an answer, or "later" with the time to come back; both before the call's time is over.
    void Check(IReadOnlyList<Answer> answers, bool mustFail)
    {
        Assert.All(answers, answer => Assert.True(answer.Status == 200 || answer is { Status: 503 or 504, RetryAfter: not null }, $"{answer}"));
        Assert.All(answers, answer => Assert.True(answer.Time < Deadline, $"{answer}"));
        if (mustFail)
            Assert.Contains(answers, answer => answer.Status == 503);
        else
            Assert.InRange(answers.Count(answer => answer.IsOk), answers.Count * 9 / 10, answers.Count);
    }

    // Without anybody's doing: calls are answered again, and whoever enters now walks to the end.
    async Task RecoversAsync(string what, IReadOnlyList<Answer> answers, string before = "")
    {
        var start = Stopwatch.GetTimestamp();
        var walkers = new Walkers(busy.Client, busy.JourneyId, atOnce: 4);
        walkers.Start();
        await walkers.MoreAsync(4);
        var recovered = Stopwatch.GetElapsedTime(start);
        await walkers.StopAsync();
        Assert.Empty(busy.Client.Counts.Problems);
        Assert.Equal(0, busy.Client.Counts.Unanswered);
        await Eventually.Equal(
            0, () => busy.CountAsync("select (select count(*) from definition.outbox) + (select count(*) from enrollment.outbox) + (select count(*) from scheduler.outbox)"),
            "messages under way", Patience);
        await Proof.NobodyIsLostAsync(busy.Beside.ConnectionString, walkers, busy.Calls);
        Assert.All(busy.Memory(), memory => Assert.True(memory.IsWithin, $"{memory.Program} took {memory.Megabytes} MiB."));
        busy.Passed(what, Told(answers), $"{before}{recovered.TotalSeconds:0.0} s");
        output.WriteLine($"{busy.Results}");
    }

    static string Told(IReadOnlyList<Answer> answers) => string.Join(", ", answers
        .GroupBy(answer => answer.Status)
        .OrderBy(group => group.Key)
        .Select(group => $"{group.Count():#,0} x {group.Key}, the last after {group.Max(answer => answer.Time).TotalSeconds:0.0} s"));
}
