using Dapper;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Reports that come at the same time share transactions, and nobody notices.</summary>
public sealed class ReportsTogetherTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int People = 60;

    // PostgreSQL cannot store the outcome.
    const string Poison = """{"id": "end", "exit": {"outcome": "a\u0000b"}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Many_reports_at_once_take_far_fewer_transactions_and_each_is_answered_with_its_own()
    {
        // A group that takes seconds is given up, so a machine that stands still may need another round.
        var transactions = People;
        for (var round = 0; round < 3 && transactions > People / 2; round++)
        {
            var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));

            var answers = await ReportAllAsync(journey, "one");

            Assert.All(answers.Index(), answer => Assert.Equal(
                ($"u{answer.Index}", true, "two"), (answer.Item.Enrollment.UserId, answer.Item.Applied, answer.Item.Step.NodeId)));
            // Rows that one transaction wrote bear its number.
            await using var connection = await service.Database.OpenConnectionAsync();
            transactions = await connection.ExecuteScalarAsync<int>(
                "select count(distinct v.xmin::text) from enrollment.visit v join enrollment.enrollment e using (site_id, enrollment_id) where e.journey_id = @journey and v.node_id = 'two'",
                new { journey });
        }

        Assert.InRange(transactions, 1, People / 2);
    }

    [Fact]
    public async Task Who_cannot_be_moved_fails_nobody_else()
    {
        var sound = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var poisoned = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Poison));

        var bad = Enumerable.Range(0, 5).Select(n => site.ReportAsync(poisoned, $"u{n}", "one")).ToList();
        var answers = await ReportAllAsync(sound, "one");

        Assert.All(answers, answer => Assert.Equal(Status.Completed, answer.Enrollment.Status));
        foreach (var report in bad)
            Assert.True((await report).Held);
    }

    [Fact]
    public async Task Whoever_is_locked_keeps_nobody_waiting()
    {
        var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from enrollment.enrollment where journey_id = @journey and first_id = 'u0' for update", new { journey });

        var locked = site.ReportAsync(journey, "u0", "one");
        var others = await Task.WhenAll(Enumerable.Range(1, People - 1).Select(n => site.ReportAsync(journey, $"u{n}", "one")));
        Assert.All(others, answer => Assert.True(answer.Applied));
        Assert.False(locked.IsCompleted);

        await transaction.RollbackAsync();
        Assert.True((await locked).Applied);
    }

    [Fact]
    public async Task A_group_that_takes_too_long_is_given_up_and_each_of_its_reports_goes_alone()
    {
        var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("lock table enrollment.visit in access exclusive mode");

        var reports = ReportAllAsync(journey, "one");
        // No more than two groups wait, so these are alone.
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 2, "reports to wait alone");
        await transaction.RollbackAsync();

        Assert.All(await reports, answer => Assert.True(answer.Applied));
    }

    [Fact]
    public async Task Who_is_in_no_such_journey_is_told_so_and_the_others_move()
    {
        var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));

        var strangers = Enumerable.Range(0, 5).Select(n => site.ReportAsync(journey, $"stranger{n}", "one")).ToList();
        var answers = await ReportAllAsync(journey, "one");

        foreach (var stranger in strangers)
            Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => stranger)).StatusCode);
        Assert.All(answers, answer => Assert.True(answer.Applied));
    }

    [Fact]
    public async Task The_same_report_many_times_at_once_applies_once()
    {
        var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => site.ReportAsync(journey, "u0", "one")));

        Assert.Single(answers, answer => answer.Applied);
        Assert.All(answers, answer => Assert.Equal("two", answer.Step.NodeId));
    }

    [Fact]
    public async Task Reports_during_a_pause_are_held_one_for_each_person()
    {
        var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.PauseAsync(journey);

        var answers = await ReportAllAsync(journey, "one");

        Assert.All(answers, answer => Assert.Equal((true, false), (answer.Held, answer.Applied)));
    }

    [Fact]
    public async Task Who_gives_up_undoes_nothing_of_what_others_wait_for()
    {
        var journey = await EnterAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));

        var calls = Enumerable.Range(0, People).Select(n => site.Sdk.ReportProgressAsync(
            new() { JourneyId = journey.ToString(), UserId = $"u{n}", NodeId = "one" },
            deadline: n % 2 == 0 ? DateTime.UtcNow.AddMilliseconds(5) : null)).ToList();
        foreach (var (n, call) in calls.Index())
        {
            if (n % 2 != 0)
                Assert.True((await call).Applied);
            else if (await Record.ExceptionAsync(() => call.ResponseAsync) is { } failure)
                Assert.Equal(StatusCode.DeadlineExceeded, Assert.IsType<RpcException>(failure).StatusCode);
        }

        await StoredState.CheckAsync(service, site.Id);
    }

    async Task<int> CountAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(sql);
    }

    async Task<Guid> EnterAsync(string design)
    {
        var journey = await site.PublishAsync(design);
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, People).Select(n => $"u{n}") } });
        return journey;
    }

    Task<ReportProgressResponse[]> ReportAllAsync(Guid journey, string nodeId) =>
        Task.WhenAll(Enumerable.Range(0, People).Select(n => site.ReportAsync(journey, $"u{n}", nodeId)));
}
