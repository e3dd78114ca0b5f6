using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Analytics;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>What happened in a journey, counted, is exactly what its enrollments and visits say.</summary>
public sealed class AnalyticsTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const int People = 60;

    // Every kind of node.
    static readonly string[] Nodes =
    [
        Designs.Start,
        """{"id": "signed", "trigger": {"customEvent": {"eventName": "signed_up"}}}""",
        """{"id": "one", "content": {"contentType": "FLOW", "contentId": "one", "expireAfter": "7200s"}}""",
        """{"id": "half", "split": {"variants": [{"name": "a", "percent": 50}, {"name": "b", "percent": 50}]}}""",
        Designs.Wait("rest", "3600s"),
        """{"id": "hold", "waitForEvent": {"events": [{"eventName": "clicked"}], "timeout": "5400s"}}""",
        """{"id": "plan", "condition": {"branches": [{"name": "pro", "rule": {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}}]}}""",
        """{"id": "goal", "goalCheck": {}}""",
        """{"id": "won", "exit": {"outcome": "won"}}""",
        """{"id": "lost", "exit": {"outcome": "lost"}}""",
    ];

    static readonly (string, string, string)[] Edges =
    [
        ("start", "", "one"), ("signed", "", "one"), ("one", "", "half"), ("one", "dismissed", "lost"), ("one", "timeout", "lost"),
        ("half", "a", "rest"), ("half", "b", "hold"), ("rest", "", "plan"), ("hold", "event", "plan"), ("hold", "timeout", "one"),
        ("plan", "pro", "goal"), ("plan", "else", "one"), ("goal", "success", "won"), ("goal", "fallback", "lost"),
    ];

    readonly TestSite site = service.NewSite();
    readonly Random random = new(20260302);
    Guid journey;

    [Fact]
    public async Task Counts_are_read_by_a_plan_for_the_dates_at_hand()
    {
        // One session, which keeps the statement prepared from some call on.
        await using var source = new PostgresOptions { ConnectionString = service.ConnectionString }.Open("test", connections: 1);
        var store = new AnalyticsStore(source);
        for (var call = 0; call < 20; call++)
            await store.CountAsync(Guid.NewGuid(), Guid.NewGuid(), 1, DateOnly.MinValue, DateOnly.MaxValue, CancellationToken.None);

        await using var connection = await source.OpenConnectionAsync();
        var (own, general) = await connection.QuerySingleAsync<(long, long)>(
            "select custom_plans, generic_plans from pg_prepared_statements where statement like '%from enrollment.journey_statistic%'");

        Assert.True(own > 0);
        Assert.Equal(0, general);
    }

    [Fact]
    public async Task Whatever_people_do_the_counts_are_those_of_a_recount()
    {
        var more = "\"allowAnonymous\": true, \"reEnrollment\": \"ALWAYS\", \"goal\": {\"rule\": {\"event\": {\"name\": \"paid\", \"atLeast\": 1}}},"
            + "\"exits\": [{\"name\": \"Left\", \"event\": {\"eventName\": \"left\"}}, {\"name\": \"Bought\", \"event\": {\"eventName\": \"bought\"}, \"outcome\": \"bought\"}],";
        journey = await site.PublishAsync(Designs.Graph(more, Nodes, Edges));
        for (var step = 1; step <= 900; step++)
        {
            await StepAsync();
            if (step == 300)
                await site.PublishAsync(Designs.Graph(more.Replace("\"rule\"", "\"exitOnGoal\": true, \"rule\"", StringComparison.Ordinal), Nodes, Edges), journey);
            if (step % 150 != 0)
                continue;

            await RecountAsync();
            await service.Get<FoldTallies>().RunOnceAsync(CancellationToken.None);
            await RecountAsync();
        }

        await new JobRunner(site).RunAsync(Protos.Scheduler.V1.Job.Types.Kind.Archive, journey, before: _ => site.ArchiveAsync(journey));
        await RecountAsync();
        // It would prove little had it not come by everything.
        var totals = (await CountAsync(0, null, null)).Totals;
        Assert.True(totals is { Active: 0, Completed: > 20, Stopped: > 0, Archived: > 5 }, $"{totals}");
    }

    [Fact]
    public async Task Outcomes_are_told_apart_where_they_take_the_same_branch()
    {
        journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        foreach (var outcome in System.Enum.GetValues<ReportProgressRequest.Types.Outcome>().Where(outcome => outcome != 0))
        {
            await site.EnterAsync(journey, $"who-{outcome}");
            await site.ReportAsync(journey, $"who-{outcome}", "one", outcome);
        }

        var one = Assert.Single((await CountAsync(0, null, null)).Nodes, node => node.NodeId == "one");
        Assert.Equal([("", 3)], one.Left.Select(branch => (branch.Branch_, branch.Count)));
        Assert.Equal((1, 1, 1), (one.Completed, one.Dismissed, one.Skipped));
    }

    [Fact]
    public async Task Reports_from_before_they_were_counted_are_counted_once()
    {
        const string forget = """
            update enrollment.content_outcome set counted = false where site_id = @Id;
            delete from enrollment.statistic_change where site_id = @Id and kind = 'REPORTED'
            """;
        journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        foreach (var person in (string[])["u1", "u2", "u3"])
        {
            await site.EnterAsync(journey, person);
            await site.ReportAsync(journey, person, "one", ReportProgressRequest.Types.Outcome.Dismissed);
        }

        await site.ReportAsync(journey, "u1", "two");
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(forget, new { site.Id });

        await Eventually.True(
            async () =>
            {
                await service.Get<CountOldReports>().RunOnceAsync(CancellationToken.None);
                return await connection.ExecuteScalarAsync<long>(
                    "select count(*) from enrollment.content_outcome where site_id = @Id and not counted", new { site.Id }) == 0;
            },
            "all reports to be counted");

        await service.Get<CountOldReports>().RunOnceAsync(CancellationToken.None);
        await RecountAsync(0, null, null);
        Assert.Equal([(0, 3), (1, 0)], (await CountAsync(0, null, null)).Nodes.Where(node => node.NodeId is "one" or "two").Select(node => (node.Completed, node.Dismissed)));
    }

    [Fact]
    public async Task An_old_report_that_cannot_be_counted_keeps_no_other_from_being_counted()
    {
        const string forget = """
            update enrollment.content_outcome set counted = false where site_id = @Id;
            delete from enrollment.statistic_change where site_id = @Id and kind = 'REPORTED'
            """;
        const string left = "select enrollment_id from enrollment.content_outcome where site_id = @Id and not counted";
        const string counted = "select coalesce(sum(amount), 0)::bigint from enrollment.statistic_change where site_id = @Id and kind = 'REPORTED'";
        journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        var entered = new List<Guid>();
        foreach (var person in (string[])["u1", "u2", "u3"])
        {
            entered.Add(Guid.Parse((await site.EnterAsync(journey, person)).Enrollment.Id));
            // Its answers are listed already, and cannot be again.
            await site.ReportAsync(journey, person, "one", data: person == "u2" ? """{"why": "So"}""" : "{}");
        }

        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(forget, new { site.Id });

        await Eventually.True(
            async () =>
            {
                // With nothing else to do the loop rests.
                var rest = await service.Get<CountOldReports>().RunOnceAsync(CancellationToken.None);
                return rest != TimeSpan.Zero && (await connection.QueryAsync<Guid>(left, new { site.Id })).SequenceEqual([entered[1]]);
            },
            "all but one to be counted");

        Assert.Equal(2, await connection.ExecuteScalarAsync<long>(counted, new { site.Id }));
    }

    [Fact]
    public async Task A_change_that_cannot_be_folded_does_not_keep_others()
    {
        const string add = """
            insert into enrollment.statistic_change (site_id, journey_id, version, entry_day, kind, label, amount)
            values (@site, @journey, 1, '2026-01-01', 'OUTCOME', @label, @amount)
            """;
        journey = Guid.NewGuid();
        await using var connection = await service.Database.OpenConnectionAsync();
        foreach (var (label, amount) in new[] { ("before", 1), ("too many", long.MaxValue), ("too many", long.MaxValue), ("after", 2) })
            await connection.ExecuteAsync(add, new { site = site.Id, journey, label, amount });

        await Eventually.True(
            async () =>
            {
                await service.Get<FoldTallies>().RunOnceAsync(CancellationToken.None);
                return await connection.ExecuteScalarAsync<long>(
                    "select count(*) from enrollment.statistic_change where site_id = @Id", new { site.Id }) == 1;
            },
            "all but one to be folded");

        var folded = await connection.QueryAsync<string>(
            "select label || ' ' || amount from enrollment.journey_statistic where site_id = @Id order by label", new { site.Id });
        Assert.Equal(["after 2", "before 1", $"too many {long.MaxValue}"], folded);
        await connection.ExecuteAsync("delete from enrollment.statistic_change where site_id = @Id", new { site.Id });
    }

    [Fact]
    public async Task A_range_of_time_takes_in_the_days_that_its_ends_are_in()
    {
        journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = "u1" });
        var day = service.Clock.GetUtcNow().UtcDateTime.Date;

        Assert.Equal(1, (await CountAsync(0, day.AddHours(23), day.AddHours(1))).Totals.Active);
        Assert.Equal(0, (await CountAsync(0, day.AddDays(1), null)).Totals.Active);
        Assert.Equal(0, (await CountAsync(0, null, day)).Totals.Active);
        Assert.Equal(1, (await CountAsync(0, DateTime.MinValue, DateTime.MaxValue)).Totals.Active);
        Assert.Equal(0, (await CountAsync(0, null, DateTime.MinValue)).Totals.Active);
    }

    async Task StepAsync()
    {
        var n = random.Next(People);
        var (userId, anonymousId) = random.Next(3) > 0 ? ($"u{n}", "") : ("", $"v{n}");
        var id = journey.ToString();
        switch (random.Next(20))
        {
            case < 4:
                await site.Sdk.EnrollAsync(new() { JourneyId = id, UserId = userId, AnonymousId = anonymousId });
                break;
            case < 10:
                await QuietAsync(site.Sdk.ReportProgressAsync(new()
                {
                    JourneyId = id,
                    UserId = userId,
                    AnonymousId = anonymousId,
                    NodeId = "one",
                    Outcome = random.Next(8) switch
                    {
                        < 2 => ReportProgressRequest.Types.Outcome.Dismissed,
                        // Without a branch of its own.
                        2 => ReportProgressRequest.Types.Outcome.Skipped,
                        _ => ReportProgressRequest.Types.Outcome.Completed,
                    },
                }));
                break;
            case < 14:
                var name = ((string[])["signed_up", "clicked", "clicked", "paid", "left", "bought"])[random.Next(6)];
                await site.Sdk.RecordEventsAsync(new() { UserId = userId, AnonymousId = anonymousId, Events = { new Event { Name = name } } });
                break;
            case < 15:
                await site.PassAsync(TimeSpan.FromMinutes(random.Next(1, 600)) + TimeSpan.FromMilliseconds(random.Next(60_000)));
                break;
            case < 17:
                await QuietAsync(site.Sdk.StopAsync(new() { JourneyId = id, UserId = userId, AnonymousId = anonymousId }));
                break;
            case < 19:
                await site.Sdk.IdentifyAsync(new() { UserId = $"u{n}", AnonymousId = $"v{random.Next(People)}", Traits = Plan(random.Next(2) == 0 ? "pro" : "free") });
                break;
            default:
                await site.PauseAsync(journey);
                await QuietAsync(site.Sdk.ReportProgressAsync(new() { JourneyId = id, UserId = userId, AnonymousId = anonymousId, NodeId = "one" }));
                await site.ResumeAsync(journey);
                break;
        }
    }

    async Task RecountAsync()
    {
        var middle = service.Clock.GetUtcNow().UtcDateTime.Date.AddDays(-1);
        foreach (var version in (int[])[0, 1, 2])
        {
            await RecountAsync(version, null, null);
            await RecountAsync(version, middle, null);
            await RecountAsync(version, null, middle);
        }
    }

    async Task RecountAsync(int version, DateTime? from, DateTime? until)
    {
        var (runs, visits) = await ReadAsync(version, from, until);
        var counted = await CountAsync(version, from, until);

        Assert.Equal(
            ((string[])["ACTIVE", "COMPLETED", "STOPPED", "ARCHIVED"]).Select(status => runs.Count(run => run.Status == status)),
            [counted.Totals.Active, counted.Totals.Completed, counted.Totals.Stopped, counted.Totals.Archived]);
        Assert.Equal(
            runs.Where(run => run.Status == "COMPLETED").CountBy(run => run.Outcome).OrderBy(outcome => outcome.Key, StringComparer.Ordinal).Select(outcome => (outcome.Key, outcome.Value)),
            counted.Outcomes.Select(outcome => (outcome.Outcome_, outcome.Count)));
        Assert.Equal(runs.Count(run => run.GoalAt is not null), counted.GoalReached);
        Assert.Equal(runs.Count == 0 ? 0 : (double)counted.GoalReached / runs.Count, counted.GoalConversion);
        Assert.Equal(Days(runs), counted.Days.Select(day => (day.Date, day.Entered, day.Completed, day.Goals)));
        Assert.Equal(
            visits.Select(visit => (visit.Version, visit.NodeId)).Distinct().Order(),
            counted.Nodes.Select(node => (node.Version, node.NodeId)).Order());
        foreach (var node in counted.Nodes)
            Recount(node, runs, visits);
    }

    static void Recount(Proto.Analytics.Types.Node node, IReadOnlyList<Row> runs, IReadOnlyList<VisitOf> visits)
    {
        var here = visits.Where(visit => visit.Version == node.Version && visit.NodeId == node.NodeId).ToList();
        var left = here.Where(visit => visit.NextNodeId is not null).ToList();

        Assert.Equal(here.Count, node.Entered);
        Assert.Equal(
            ((string[])["COMPLETED", "DISMISSED", "SKIPPED"]).Select(outcome => here.Count(visit => visit.Reported == outcome)),
            [node.Completed, node.Dismissed, node.Skipped]);
        Assert.Equal(runs.Count(run => run.Version == node.Version && run.NodeId == node.NodeId && run.Status == "ACTIVE"), node.HereNow);
        Assert.Equal(
            left.CountBy(visit => (visit.NextBranch!, visit.NextNodeId!)).Select(branch => (branch.Key.Item1, branch.Key.Item2, branch.Value)).Order(),
            node.Left.Select(branch => (branch.Branch_, branch.TargetNodeId, branch.Count)).Order());
        if (left.Count == 0)
        {
            Assert.Null(node.MedianTime);
            return;
        }

        var spent = left.Select(visit => (visit.NextAt!.Value - visit.EnteredAt).TotalMilliseconds).Order().ToList();
        foreach (var (share, measured) in ((double, Duration)[])[(0.5, node.MedianTime), (0.9, node.P90Time)])
        {
            var exact = spent[(int)Math.Ceiling(share * spent.Count) - 1];
            // The promise of the contract: within 1.1 percent, or 0.1 milliseconds.
            Assert.InRange(measured.ToTimeSpan().TotalMilliseconds, (exact * 0.989) - 0.1, (exact * 1.011) + 0.1);
        }
    }

    static IEnumerable<(string, int, int, int)> Days(IReadOnlyList<Row> runs)
    {
        static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var entered = runs.CountBy(run => Day(run.EnteredAt)).ToDictionary();
        var completed = runs.Where(run => run.Status == "COMPLETED").CountBy(run => Day(run.EndedAt!.Value)).ToDictionary();
        var goals = runs.Where(run => run.GoalAt is not null).CountBy(run => Day(run.GoalAt!.Value)).ToDictionary();
        return entered.Keys.Union(completed.Keys).Union(goals.Keys).Order(StringComparer.Ordinal)
            .Select(day => (day, entered.GetValueOrDefault(day), completed.GetValueOrDefault(day), goals.GetValueOrDefault(day)));
    }

    async Task<Proto.Analytics> CountAsync(int version, DateTime? from, DateTime? until) => await site.Enrollments.GetAnalyticsAsync(new()
    {
        JourneyId = journey.ToString(),
        Version = version,
        From = from is { } begin ? DateTime.SpecifyKind(begin, DateTimeKind.Utc).ToTimestamp() : null,
        Until = until is { } end ? DateTime.SpecifyKind(end, DateTimeKind.Utc).ToTimestamp() : null,
    });

    async Task<(IReadOnlyList<Row> Runs, IReadOnlyList<VisitOf> Visits)> ReadAsync(int version, DateTime? from, DateTime? until)
    {
        const string runs = """
            select version, node_id, status, outcome, entered_at, ended_at, goal_at
            from enrollment.enrollment e
            where site_id = @Id and journey_id = @journey and (@version = 0 or version = @version)
              and (@from is null or entered_at >= @from) and (@until is null or entered_at < @until)
            """;
        const string visits = """
            select e.version, v.node_id, v.entered_at, content.outcome as reported, lead(v.node_id) over w as next_node_id, lead(v.branch) over w as next_branch, lead(v.entered_at) over w as next_at
            from enrollment.visit v
            join enrollment.enrollment e on e.site_id = v.site_id and e.enrollment_id = v.enrollment_id
            left join enrollment.content_outcome content
                on content.site_id = v.site_id and content.enrollment_id = v.enrollment_id and content.visit_no = v.visit_no
            where e.site_id = @Id and e.journey_id = @journey and (@version = 0 or e.version = @version)
              and (@from is null or e.entered_at >= @from) and (@until is null or e.entered_at < @until)
            window w as (partition by v.enrollment_id order by v.visit_no)
            """;
        DateTimeOffset? Utc(DateTime? at) => at is { } time ? new DateTimeOffset(time, TimeSpan.Zero) : null;
        var parameters = new { site.Id, journey, version, from = Utc(from), until = Utc(until) };

        await using var connection = await service.Database.OpenConnectionAsync();
        return ((await connection.QueryAsync<Row>(runs, parameters)).AsList(), (await connection.QueryAsync<VisitOf>(visits, parameters)).AsList());
    }

    static Struct Plan(string plan) => new() { Fields = { ["plan"] = Value.ForString(plan) } };

    static async Task QuietAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
        }
        catch (RpcException problem) when (problem.StatusCode == StatusCode.NotFound)
        {
        }
    }

    sealed record Row
    {
        public int Version { get; init; }
        public string NodeId { get; init; } = "";
        public string Status { get; init; } = "";
        public string Outcome { get; init; } = "";
        public DateTimeOffset EnteredAt { get; init; }
        public DateTimeOffset? EndedAt { get; init; }
        public DateTimeOffset? GoalAt { get; init; }
    }

    sealed record VisitOf
    {
        public int Version { get; init; }
        public string NodeId { get; init; } = "";
        public DateTimeOffset EnteredAt { get; init; }
        public string? Reported { get; init; }
        public string? NextNodeId { get; init; }
        public string? NextBranch { get; init; }
        public DateTimeOffset? NextAt { get; init; }
    }
}
