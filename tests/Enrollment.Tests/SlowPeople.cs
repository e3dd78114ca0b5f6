using Dapper;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RuleQueries;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// A service that gives the events of one person a second, which those of <see cref="SlowPeople"/> exceed many times over, and considers the
/// database slow only if it really hangs, however slow the machine is.
/// </summary>
public sealed class ImpatientFixture : EnrollmentFixture
{
    public const string Collection = "impatient";

    protected override IReadOnlyList<string> OwnSettings =>
        ["--Rules:EventsTimeoutMilliseconds=1000", "--Rules:PaceTimeoutMilliseconds=20000", "--Postgres:StatementTimeoutSeconds=2"];
}

/// <summary>Makes the classes about slow people share one service, one after the Other.</summary>
[CollectionDefinition(ImpatientFixture.Collection)]
public sealed class SlowPeopleGroup : ICollectionFixture<ImpatientFixture>;

/// <summary>People whose events time out in the database, and services that are impatient.</summary>
public abstract class SlowPeople(ImpatientFixture service)
{
    // PostgreSQL needs milliseconds for a text of a and b: it makes more states than it keeps.
    protected const string Rule = """
        {"event": {"name": "seen", "where": {"condition": {"field": "properties.s", "operator": "REGEX", "value": "[ab]*a[ab]{240}c"} } } }
        """;
    protected const string Goal = $$"""
        "goal": {"rule": {{Rule}}, "deadline": "360000s", "exitOnGoal": true},
        """;

    protected ImpatientFixture Service => service;

    protected TestSite Site { get; } = service.NewSite();

    protected TestSite Other { get; } = service.NewSite();

    protected Task<Guid> ContentAsync(string goal = "") => Site.PublishAsync(Designs.Row(goal, Designs.Start, Designs.Content("one"), Designs.End));

    // Three users, of whom the first is slow, and a journey that asks for what they did.
    protected async Task<Guid> PeopleAsync()
    {
        foreach (var person in (string[])["u0", "u1", "u2"])
        {
            // Ids of one moment are in no order.
            Service.Clock.Advance(TimeSpan.FromSeconds(1));
            await Site.IdentifyAsync(person);
        }

        await SendAsync("u0", 8_000);
        return await ContentAsync(Goal);
    }

    // Many events, as they come within minutes.
    protected async Task SendAsync(string userId, int count, string? text = null, int age = 0)
    {
        const string sql = """
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, url, occurred_at)
            select p.site_id, gen_random_uuid()::text, p.profile_id, 'seen', jsonb_build_object('s', @text::text), '', @now - (@age + n) * interval '1 millisecond'
            from enrollment.profile p
            cross join generate_series(1, @count) as n
            where p.site_id = @Id and p.user_id = @userId
            """;
        var random = new Random(7);
        text ??= new string([.. Enumerable.Range(0, count > 8_500 ? 1 : 2_000).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);
        await using var connection = await Service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { Site.Id, userId, count, text, age, now = Service.Clock.GetUtcNow() });
    }

    protected EnrollUsers EnrollBy(NpgsqlDataSource source, EnrollPeople enroll, TimeProvider? time = null) => new(
        source, Service.Get<RequireJourney>(), enroll, Service.Get<AfterCommit>(), Service.Get<UserListStore>(),
        Service.Get<EnrollmentQueries>(), Service.Get<UserQueries>(), Service.Get<IdempotencyKeys>(), Service.Get<SchedulerService.SchedulerServiceClient>(),
        Service.Get<RuleEffort>(), Service.Get<DatabasePace>(), time ?? Service.Clock, Service.Get<ILogger<EnrollUsers>>());

    protected AdvanceEnrollments AdvanceBy(NpgsqlDataSource source) => new(
        source, Service.Get<EnrollmentLoader>(), Service.Get<EnrollmentWriter>(), Service.Get<AfterCommit>(), Service.Get<Enrollments.SetAside>(), Service.Get<Clock>());

    // Background work goes by the time-out of commands.
    protected NpgsqlDataSource Impatient(int seconds, int background = 60) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(Service.ConnectionString) { Options = $"-c statement_timeout={seconds}s", CommandTimeout = background });

    protected static async Task<IReadOnlyList<Protos.Enrollment.V1.SetAside>> SetAsideAsync(TestSite site) =>
        (await new EnrollmentService.EnrollmentServiceClient(site.As(Access.Types.Role.Admin)).ListSetAsideAsync(new())).SetAside;

    // Each look at what has elapsed takes a while.
    protected sealed class HurriedTime(TimeProvider clock, TimeSpan look) : TimeProvider
    {
        long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => ticks += look.Ticks;
    }
}
