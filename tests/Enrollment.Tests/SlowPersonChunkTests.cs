using Dapper;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RuleQueries;
using Journeys.Protos.Scheduler.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Chunks of jobs leave out somebody whose events time out in the database and deal with everybody else.</summary>
[Collection(ImpatientFixture.Collection)]
public sealed class SlowPersonChunkTests(ImpatientFixture service) : SlowPeople(service)
{
    [Fact]
    public async Task Twenty_slow_people_of_one_call_or_chunk_are_to_blame_while_the_database_is_quick()
    {
        var journey = await ContentAsync(Goal);
        var people = Enumerable.Range(0, EnrollPeople.MostLeftOut + 1).Select(n => $"u{n:00}").ToArray();
        foreach (var person in people)
        {
            await Site.IdentifyAsync(person);
            await SendAsync(person, 200);
        }

        var facts = new PersonFacts(
            Service.Get<JourneyCatalog>(), Service.Get<RuleEffort>(), Options.Create(new RuleOptions { EventsTimeoutMilliseconds = 10 }), Service.Clock);
        var enroll = new EnrollPeople(facts, Service.Get<EnrollmentWriter>(), Service.Get<Clock>());
        await using var source = Impatient(seconds: 1, background: 1);

        var results = await EnrollBy(source, enroll).HandleAsync(Site.Id, journey, people, "{}", key: null, CancellationToken.None);
        var list = new EnrollList(Service.Get<JourneyCatalog>(), new EnrollInChunk(enroll, Service.Get<DatabasePace>(), Service.Clock, Service.Get<ILogger<EnrollInChunk>>()));
        var answer = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, await ListAsync(people), list);

        Assert.Equal(
            ["NOT_TRIED", .. Enumerable.Repeat("RULES_TOO_COSTLY", EnrollPeople.MostLeftOut)], results.Select(result => result.Error?.Reason).Order());
        Assert.StartsWith("20 people could not be enrolled", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_enrolls_everybody_but_who_is_slow()
    {
        var journey = await PeopleAsync();
        var list = await ListAsync("u0", "u1", "u2");
        await using var source = Impatient(seconds: 2, background: 2);

        var answer = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, list);

        Assert.Equal((3, 2, ""), (answer.Done, answer.Changed, answer.Error));
        Assert.Equal(["u1", "u2"], (await Site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task A_chunk_whose_people_take_long_ends_early_and_the_next_goes_on_behind_them()
    {
        var journey = await PeopleAsync();
        var list = await ListAsync("u0", "u1", "u2");
        await using var source = Impatient(seconds: 2, background: 2);
        var work = new EnrollList(
            Service.Get<JourneyCatalog>(),
            new(
                Service.Get<EnrollPeople>(), Service.Get<DatabasePace>(), new HurriedTime(Service.Clock, TimeSpan.FromSeconds(2)),
                Service.Get<ILogger<EnrollInChunk>>()));

        var first = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, list, work);
        var rest = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, journey, list, work, first.NextCursor);

        Assert.Equal((2, 1, false), (first.Done, first.Changed, first.Last));
        Assert.Equal((1, 1, true), (rest.Done, rest.Changed, rest.Last));
        Assert.Equal(["u1", "u2"], (await Site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task A_sweep_enrolls_everybody_but_who_is_slow()
    {
        var audience = await Site.AudienceAsync($$$"""{"group": {"operator": "OR", "rules": [{{{Rule}}}, {"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}]}}""");
        foreach (var person in (string[])["u0", "u1", "u2"])
            await Site.IdentifyAsync(person, traits: person == "u0" ? "{}" : """{"plan": "pro"}""");
        await SendAsync("u0", 8_000);
        var journey = await Site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await using var audiences = new AudienceQueries(
            Service.Database, Options.Create(new AudienceOptions { SweepTimeoutSeconds = 3 }), Service.Clock);
        var enroll = new EnrollCandidates(
            Service.Get<JourneyCatalog>(), audiences, Service.Get<EnrollInChunk>(), Service.Get<ILogger<EnrollCandidates>>());
        var sweep = new SweepAudience(Service.Get<JourneyCatalog>(), Service.Get<MoveQueries>(), audiences, enroll);

        var answer = await ChunkAsync(Service.Database, Job.Types.Kind.AudienceSweep, journey, "", sweep);

        Assert.Equal((2, ""), (answer.Changed, answer.Error));
        Assert.Equal(["u1", "u2"], (await Site.EnrollmentsAsync(journey)).Select(one => one.UserId));
    }

    [Fact]
    public async Task A_sweep_whose_rule_takes_too_long_for_three_people_alone_gives_up_and_says_so()
    {
        var audience = await Site.AudienceAsync(Rule);
        foreach (var person in (string[])["u0", "u1", "u2"])
        {
            await Site.IdentifyAsync(person);
            await SendAsync(person, 8_000);
        }

        var journey = await Site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await using var audiences = new AudienceQueries(
            Service.Database, Options.Create(new AudienceOptions { SweepTimeoutSeconds = 1 }), Service.Clock);
        var enroll = new EnrollCandidates(
            Service.Get<JourneyCatalog>(), audiences, Service.Get<EnrollInChunk>(), Service.Get<ILogger<EnrollCandidates>>());
        var sweep = new SweepAudience(Service.Get<JourneyCatalog>(), Service.Get<MoveQueries>(), audiences, enroll);

        var answer = await ChunkAsync(Service.Database, Job.Types.Kind.AudienceSweep, journey, "", sweep);

        Assert.Contains("times out in the database", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_for_a_lock_is_not_slow_and_is_enrolled_once_it_is_free()
    {
        var journey = await ContentAsync(Goal);
        await Site.IdentifyAsync("u0");
        await SendAsync("u0", 1);
        var list = await ListAsync("u0");

        await using (var connection = await Service.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("begin; lock table enrollment.event in access exclusive mode");
            var failure = await Assert.ThrowsAsync<PostgresException>(() => ChunkAsync(Service.Database, Job.Types.Kind.ListEnrollment, journey, list));
            Assert.Equal(PostgresErrorCodes.LockNotAvailable, failure.SqlState);
        }

        var answer = await ChunkAsync(Service.Database, Job.Types.Kind.ListEnrollment, journey, list);
        Assert.Equal((1, ""), (answer.Changed, answer.Error));
    }

    [Fact]
    public async Task People_who_take_too_long_together_are_released_and_enrolled_one_by_one()
    {
        var people = Enumerable.Range(0, 10).Select(n => $"u{n}").ToArray();
        var (journey, next) = (await ContentAsync(), await ContentAsync());
        foreach (var person in people)
            await Site.EnterAsync(journey, person);
        var list = await ListAsync(people);
        await Site.PauseAsync(journey);
        foreach (var person in people)
            await Site.ReportAsync(journey, person, "one");
        await Site.ResumeAsync(journey);
        await using var source = Impatient(seconds: 4, background: 4);
        await using var connection = await Service.Database.OpenConnectionAsync();
        // Ten rows of one statement take longer than it may run.
        await connection.ExecuteAsync($"""
            create function enrollment.rest_a_little() returns trigger language plpgsql as $$ begin
                if new.site_id = '{Site.Id}' then perform pg_sleep(0.6); end if;
                return new;
            end $$;
            create trigger rest before insert on enrollment.visit for each row execute function enrollment.rest_a_little()
            """);

        var released = await ChunkAsync(source, Job.Types.Kind.Release, journey, "");
        var enrolled = await ChunkAsync(source, Job.Types.Kind.ListEnrollment, next, list);

        await connection.ExecuteAsync("drop trigger rest on enrollment.visit; drop function enrollment.rest_a_little()");
        Assert.Equal((10, 10), (released.Changed, enrolled.Changed));
        Assert.All(await Site.EnrollmentsAsync(journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Empty(await SetAsideAsync(Site));
    }

    async Task<string> ListAsync(params string[] people)
    {
        var list = await Site.Lists.CreateUserListAsync(new() { Name = "people" });
        await Site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { people } });
        return list.Id;
    }

    // The first chunk of a job.
    async Task<Events.ChunkCompleted> ChunkAsync(NpgsqlDataSource source, Job.Types.Kind kind, Guid journey, string subject, IChunkWork? work = null, string cursor = "")
    {
        var process = new ProcessChunk(
            source, work is null ? Service.Get<IEnumerable<IChunkWork>>() : [work], Service.Get<AfterCommit>(), Service.Get<SchedulerService.SchedulerServiceClient>(),
            Service.Get<Outbox>(), Service.Clock, Service.Get<ILogger<ProcessChunk>>());
        var chunk = new Events.ChunkRequested
        {
            JobId = Guid.CreateVersion7().ToString(),
            SiteId = Site.Id.ToString(),
            Kind = kind,
            JourneyId = journey.ToString(),
            SubjectId = subject,
            ChunkNo = 1,
            Cursor = cursor,
            Limit = 500,
        };
        await process.HandleAsync(chunk, CancellationToken.None);
        return (await Site.SentAsync<Events.ChunkCompleted>()).Single(answer => answer.JobId == chunk.JobId);
    }
}
