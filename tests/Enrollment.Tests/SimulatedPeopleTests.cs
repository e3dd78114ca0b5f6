using System.Globalization;
using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.Ingestion;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Sdk;
using Journeys.PopulationSimulation;
using Journeys.PopulationSimulation.Tests;
using Journeys.Protos;
using Journeys.Protos.Simulation.V1;
using JobKind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// The simulation of populations is the live engine: what it says of people is what becomes of people who do the same. Random journeys are
/// simulated; then users of the real service, on a real database, do at the same times what the timelines say.
/// </summary>
public sealed class SimulatedPeopleTests : IAsyncLifetime
{
    const int Journeys = 500;
    const int People = 1;

    // Its own, since no clock goes back.
    readonly EnrollmentFixture service = new();

    static readonly TimeSpan Horizon = TimeSpan.FromDays(12);
    static readonly TimeSpan BetweenSweeps = TimeSpan.FromHours(12);

    /// <summary>A journey that is walked twice, and the site where people walk it live.</summary>
    sealed record Walked(int Number, TestSite Site, Guid JourneyId, bool AutoEnrolls, IReadOnlyList<SimulatedPerson> People);

    /// <summary>Something that is to be done live.</summary>
    sealed record Step(DateTimeOffset At, Func<Task> DoAsync);

    public Task InitializeAsync() => service.InitializeAsync();

    public Task DisposeAsync() => service.DisposeAsync();

    [Fact]
    public async Task It_is_the_live_engine()
    {
        service.Clock.SetUtcNow(RandomJourneys.Start);
        var walks = new List<Walked>();
        for (var number = 0; number < Journeys; number++)
            walks.Add(await BeginAsync(number));

        var steps = walks.SelectMany(walk => walk.People.SelectMany(person => StepsOf(walk, person)).Concat(SweepsOf(walk)));
        foreach (var step in steps.OrderBy(step => step.At))
        {
            await WakeUntilAsync(step.At);
            service.Clock.SetUtcNow(step.At);
            await step.DoAsync();
        }

        // What lies at the end itself is no longer simulated.
        await WakeUntilAsync(RandomJourneys.Start + Horizon - TimeSpan.FromMicroseconds(1));

        foreach (var walk in walks)
        {
            foreach (var person in walk.People)
                Assert.Equal(Simulated(walk, person), await LiveAsync(walk, person));
        }

        // That these are journeys worth comparing.
        var attempts = walks.SelectMany(walk => walk.People).SelectMany(person => person.Attempts).ToList();
        Assert.InRange(attempts.Count, Journeys / 2, int.MaxValue);
        Assert.InRange(attempts.Sum(attempt => attempt.Visits.Count), attempts.Count * 2, int.MaxValue);
        Assert.Superset(
            new HashSet<string>(["sweep", "audience", "trigger", "timer", "event", "report"]),
            attempts.SelectMany(attempt => attempt.Visits).Select(visit => visit.Cause.Split(':')[0]).ToHashSet());
        Assert.Contains(attempts, attempt => attempt.StopReason == ExitRule.StopReason);
        Assert.Contains(attempts, attempt => attempt.Outcome == JourneyEngine.GoalOutcome);
    }

    async Task<Walked> BeginAsync(int number)
    {
        var journeys = new RandomJourneys(number);
        var (design, request) = journeys.Make(People);
        request.Horizon = Horizon.ToDuration();
        var input = new SimulationInput(Guid.CreateVersion7(), design, [journeys.Audience], request, RandomJourneys.Start);
        Assert.Null(SimulationCheck.FaultsOf(input));
        var people = Simulator.Run(input).People;

        var site = service.NewSite();
        await site.AudienceAsync(JsonFormatter.Default.Format(journeys.Audience.Rule), Guid.Parse(RandomJourneys.AudienceId));
        foreach (var person in people)
        {
            await service.Get<IdentifyPerson>().HandleAsync(
                Key(site, person), person.Traits, new() { Role = person.Role, TimeZone = person.TimeZone }, MayEnter.All, CancellationToken.None);
        }

        await site.PublishAsync(JsonFormatter.Default.Format(design), input.JourneyId);
        return new Walked(number, site, input.JourneyId, design.AutoEnroll, people);
    }

    IEnumerable<Step> StepsOf(Walked walk, SimulatedPerson person) =>
        person.Happenings.Select(happening => new Step(happening.Time.ToDateTimeOffset(), () => HappenAsync(walk, person, happening)));

    // When the simulation says that a sweep lets somebody in, and every twelve hours, so that one that it does not know of would be seen.
    IEnumerable<Step> SweepsOf(Walked walk)
    {
        if (!walk.AutoEnrolls)
            return [];

        var told = walk.People.SelectMany(person => person.Attempts).Where(attempt => attempt.Visits[0].Cause == "sweep").Select(attempt => attempt.EnterTime.ToDateTimeOffset());
        var regular = IsSweptAgain(walk) ? Enumerable.Range(1, (int)(Horizon / BetweenSweeps) - 1).Select(n => RandomJourneys.Start + (BetweenSweeps * n)) : [];
        return told.Append(RandomJourneys.Start).Concat(regular).Distinct().Select(at => new Step(at, () => SweepAsync(walk)));
    }

    static bool IsSweptAgain(Walked walk)
    {
        var journeys = new RandomJourneys(walk.Number);
        journeys.Make(People);
        return Scheduling.TimeDependence.Of(journeys.Audience.Rule);
    }

    Task SweepAsync(Walked walk) => service.Get<ProcessChunk>().HandleAsync(
        new()
        {
            JobId = Guid.CreateVersion7().ToString(),
            SiteId = walk.Site.Id.ToString(),
            Kind = JobKind.AudienceSweep,
            JourneyId = walk.JourneyId.ToString(),
            ChunkNo = 1,
            Limit = 500,
        },
        CancellationToken.None);

    async Task HappenAsync(Walked walk, SimulatedPerson person, SimulatedPerson.Types.Happening happening)
    {
        var key = Key(walk.Site, person);
        if (happening.Event is { } did)
        {
            var happened = new NewEvent(Guid.CreateVersion7().ToString(), did.Name, Json.ToText(did.Properties), did.Url, happening.Time.ToDateTimeOffset());
            await service.Get<RecordEvents>().HandleAsync(key, [happened], null, MayEnter.All, CancellationToken.None);
        }
        else if (happening.Report is { } report)
        {
            var reported = new Signal.Reported(report.NodeId, EnumText.Parse<ContentOutcome>(report.Outcome), Json.ToElement(report.Data), report.VisitNo);
            await service.Get<ReportProgress>().HandleAsync(new(key, walk.JourneyId, reported, null), () => { }, CancellationToken.None);
        }
        else if (happening.TraitChange is { } changed)
        {
            var traits = new Struct { Fields = { [changed.Trait] = changed.Value } };
            await service.Get<IdentifyPerson>().HandleAsync(key, traits, null, MayEnter.All, CancellationToken.None);
        }
    }

    // Plays the Scheduler: each wait ends when it is due, the earliest first.
    async Task WakeUntilAsync(DateTimeOffset until)
    {
        const string sql = """
            select site_id as SiteId, enrollment_id as EnrollmentId, visit_no as VisitNo, wake_at as At
            from enrollment.enrollment
            where status = 'ACTIVE' and wake_at <= @until
            order by wake_at
            limit 1
            """;

        while (true)
        {
            Due? due;
            await using (var connection = await service.Database.OpenConnectionAsync())
                due = await connection.QueryFirstOrDefaultAsync<Due>(sql, new { until });
            if (due is null)
                return;

            service.Clock.SetUtcNow(due.At > service.Clock.GetUtcNow() ? due.At : service.Clock.GetUtcNow());
            await service.Get<AdvanceEnrollments>().HandleAsync(
                [new SignalDelivery(due.SiteId, due.EnrollmentId, new Signal.TimerElapsed(due.VisitNo))], CancellationToken.None);
        }
    }

    static IReadOnlyList<string> Simulated(Walked walk, SimulatedPerson person) =>
    [
        $"journey {walk.Number}",
        .. person.Attempts.SelectMany(attempt => attempt.Visits
            .Select(visit => $"{visit.VisitNo} {visit.NodeId} by '{visit.Branch}' {Text(visit.Time.ToDateTimeOffset())} {visit.Cause} {visit.Detail}")
            .Append($"{attempt.Status} '{attempt.Outcome}' '{attempt.StopReason}' goal {(attempt.GoalTime is { } goal ? Text(goal.ToDateTimeOffset()) : "")}")),
    ];

    async Task<IReadOnlyList<string>> LiveAsync(Walked walk, SimulatedPerson person)
    {
        const string sql = """
            select visit.visit_no as VisitNo, visit.node_id as NodeId, visit.branch as Branch, visit.cause as Cause, visit.detail as Detail,
                   visit.entered_at as At, run.attempt as Attempt, run.status as Status, run.outcome as Outcome, run.stop_reason as StopReason,
                   run.goal_at as GoalAt
            from enrollment.enrollment as run
            join enrollment.visit as visit using (site_id, enrollment_id)
            where run.site_id = @siteId and run.first_id = @userId
            order by run.attempt, visit.visit_no
            """;

        await using var connection = await service.Database.OpenConnectionAsync();
        var rows = await connection.QueryAsync<LiveVisit>(sql, new { siteId = walk.Site.Id, userId = person.UserId });
        return
        [
            $"journey {walk.Number}",
            .. rows.GroupBy(row => row.Attempt).SelectMany(attempt => attempt
                .Select(visit => $"{visit.VisitNo} {visit.NodeId} by '{visit.Branch}' {Text(visit.At)} {visit.Cause} {visit.Detail}")
                .Append($"{attempt.First().Status} '{attempt.First().Outcome}' '{attempt.First().StopReason}' goal {(attempt.First().GoalAt is { } goal ? Text(goal) : "")}")),
        ];
    }

    static PersonKey Key(TestSite site, SimulatedPerson person) => new(site.Id, person.UserId, "");

    static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    sealed record Due
    {
        public Guid SiteId { get; init; }
        public Guid EnrollmentId { get; init; }
        public int VisitNo { get; init; }
        public DateTimeOffset At { get; init; }
    }

    sealed record LiveVisit
    {
        public int VisitNo { get; init; }
        public string NodeId { get; init; } = "";
        public string Branch { get; init; } = "";
        public string Cause { get; init; } = "";
        public string Detail { get; init; } = "";
        public DateTimeOffset At { get; init; }
        public int Attempt { get; init; }
        public string Status { get; init; } = "";
        public string Outcome { get; init; } = "";
        public string StopReason { get; init; } = "";
        public DateTimeOffset? GoalAt { get; init; }
    }
}
