using Dapper;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Npgsql;
using Job = Journeys.Protos.Scheduler.V1.Job;

namespace Journeys.Enrollments.Tests;

/// <summary>What changes while people are being let in is not lost on them.</summary>
public sealed class EntryRaceTests(PatientFixture service) : IClassFixture<PatientFixture>
{
    static readonly string Reminder = Designs.Row("", Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.End);

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_date_that_moves_while_somebody_is_let_in_is_followed(bool byList)
    {
        var began = service.Clock.GetUtcNow();
        var journey = await site.PublishAsync(Reminder);
        await EndsAsync(began.AddDays(10));
        var list = await site.Lists.CreateUserListAsync(new() { Name = "people" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1" } });
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await HoldAsync(holder, journey);

        Task entry = byList ? site.RunJobAsync(Job.Types.Kind.ListEnrollment, journey, list.Id)
            : site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "u1" } }).ResponseAsync;
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the entry to wait");
        var move = EndsAsync(began.AddDays(2));
        await Eventually.True(
            async () => move.IsCompleted || await service.Database.CountWaitersAsync() > 1, "the date to have moved, or to wait for the entry");
        await holder.RollbackAsync();
        await Task.WhenAll(entry, move);

        Assert.Equal(began.AddDays(2), Assert.Single(await site.EnrollmentsAsync(journey)).WakeTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_sweep_lets_nobody_in_by_a_rule_that_changed_meanwhile()
    {
        var audience = await site.AudienceAsync(Plan("pro"));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await HoldAsync(holder, journey);

        var sweep = site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey);
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the sweep to wait");
        await site.AudienceAsync(Plan("free"), audience);
        await holder.RollbackAsync();

        await Assert.ThrowsAsync<NotYet>(() => sweep);
        Assert.Equal(0, await site.RunJobAsync(Job.Types.Kind.AudienceSweep, journey));
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    [Fact]
    public async Task A_rule_lets_nobody_in_by_an_audience_that_changed_meanwhile()
    {
        var audience = await site.AudienceAsync(Plan("pro"));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var request = new EnrollUsersRequest { JourneyId = $"{journey}", Rule = new() { Audience = new() { AudienceId = $"{audience}" } } };
        var job = (await site.Enrollments.EnrollUsersAsync(request)).Job;
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await HoldAsync(holder, journey);

        var enrolling = site.RunJobAsync(Job.Types.Kind.RuleEnrollment, journey, job.SubjectId);
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the chunk to wait");
        await site.AudienceAsync(Plan("free"), audience);
        await holder.RollbackAsync();

        await Assert.ThrowsAsync<NotYet>(() => enrolling);
        Assert.Equal(0, await site.RunJobAsync(Job.Types.Kind.RuleEnrollment, journey, job.SubjectId));
        Assert.Empty(await site.EnrollmentsAsync(journey));
    }

    // The call has read the journeys before this one was published, and what it stores is not visible yet.
    [Fact]
    public async Task A_sweep_passes_nobody_whose_call_began_before_the_journey_was_published()
    {
        var audience = await site.AudienceAsync(Plan("pro"));
        var other = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: """{"plan": "free"}""");
        await site.EnterAsync(other, "u1");
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var holder = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from enrollment.enrollment where site_id = @Id for update", new { site.Id }, holder);

        var identifying = site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the call to wait");
        var journey = await site.PublishAsync(Designs.Row(
            $"\"autoEnroll\": true, \"audienceId\": \"{audience}\",", Designs.Start, Designs.Content("one"), Designs.End));
        await Assert.ThrowsAsync<NotYet>(() => service.Get<ProcessChunk>().HandleAsync(Sweep(journey), CancellationToken.None));

        await holder.RollbackAsync();
        await identifying;
        await service.Get<ProcessChunk>().HandleAsync(Sweep(journey), CancellationToken.None);
        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    Protos.Events.V1.ChunkRequested Sweep(Guid journey) => new()
    {
        JobId = $"{journey}",
        SiteId = $"{site.Id}",
        Kind = Job.Types.Kind.AudienceSweep,
        ChunkNo = 1,
        Limit = 500,
        JourneyId = $"{journey}",
    };

    // Whoever enters waits after they were read.
    Task HoldAsync(NpgsqlTransaction holder, Guid journey) => JourneyLockStore.TakeTurnAsync(holder, site.Id, journey, TimeSpan.FromMinutes(10), CancellationToken.None);

    Task<IdentifyResponse> EndsAsync(DateTimeOffset ends) => site.IdentifyAsync("u1", traits: $$"""{"ends": "{{ends:O}}"}""");

    static string Plan(string plan) => $$"""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "{{plan}}"} }""";
}
