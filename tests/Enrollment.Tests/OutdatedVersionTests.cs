using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Copies;
using Journeys.Enrollments.Journeys;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;

namespace Journeys.Enrollments.Tests;

/// <summary>Nobody enters a version that was archived while they waited: they enter the one that was published since.</summary>
public sealed class OutdatedVersionTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string SignedUp = """{"id": "start", "trigger": {"customEvent": {"eventName": "signed_up"}}}""";

    static readonly string Steps = Designs.Row("", SignedUp, Designs.Content("one"), Designs.End);

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("sdk")]
    [InlineData("api")]
    [InlineData("event")]
    public async Task Who_waits_while_a_journey_is_archived_and_published_anew_enters_the_new_version(string way)
    {
        var journey = await site.PublishAsync(Steps);
        var other = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "go"), Designs.End));
        await site.EnterAsync(other, "u1");

        // By an event, what is locked after the journeys were read; else the person.
        var table = way == "event" ? "enrollment" : "profile";
        await using (var connection = await service.Database.OpenConnectionAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync($"select from enrollment.{table} where site_id = @Id for update", new { site.Id }, transaction);
            var call = way switch
            {
                "sdk" => site.Sdk.EnrollAsync(new() { JourneyId = $"{journey}", UserId = "u1" }).ResponseAsync,
                "api" => site.Enrollments.EnrollUsersAsync(new() { JourneyId = $"{journey}", UserIds = { "u1" } }).ResponseAsync,
                _ => (Task)site.DoAsync("u1", "signed_up"),
            };
            await Eventually.True(async () => await service.Database.CountWaitersAsync() > 0, "the call to wait for the lock");
            await ArchiveAndPublishAsync(journey);
            await transaction.CommitAsync();
            await call;
        }

        var entered = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((2, Enrollment.Types.Status.Active), (entered.JourneyVersion, entered.Status));
    }

    [Fact]
    public async Task A_chunk_of_a_list_waits_for_the_new_version()
    {
        var journey = await site.PublishAsync(Steps);
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1" } });

        // As if the chunk had read the journeys before.
        await using (var connection = await service.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("update enrollment.journey set archived_version = 1 where journey_id = @journey", new { journey });
        await Assert.ThrowsAsync<NotYet>(() => site.RunJobAsync(Kind.ListEnrollment, journey, list.Id));
        Assert.Empty(await site.EnrollmentsAsync(journey));

        await ArchiveAndPublishAsync(journey);
        Assert.Equal(1, await site.RunJobAsync(Kind.ListEnrollment, journey, list.Id));
        Assert.Equal(2, Assert.Single(await site.EnrollmentsAsync(journey)).JourneyVersion);
    }

    [Fact]
    public async Task An_archiving_that_Definition_knows_nothing_of_any_more_keeps_nobody_out()
    {
        var published = site.Published(Guid.CreateVersion7(), Steps);
        await site.Apply.PublishedAsync(published, CancellationToken.None);
        var journey = Guid.Parse(published.State.JourneyId);
        await site.ArchiveAsync(journey);
        await site.RunJobAsync(Kind.Archive, journey);
        await service.Get<JourneyStore>().NoteEmptyAsync(site.Id, journey, 1, CancellationToken.None);

        // Its database came back from a backup.
        var known = (await service.Get<ICopy>().FindAsync([(site.Id, journey)], CancellationToken.None))[(site.Id, journey)];
        await service.Get<JourneyStore>().DistrustAsync(site.Id, journey, 2, known.Time, CancellationToken.None);
        await site.Apply.PublishedAsync(published, CancellationToken.None);
        await site.EnterAsync(journey, "u1");

        var entered = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal((1, Enrollment.Types.Status.Active), (entered.JourneyVersion, entered.Status));
    }

    async Task ArchiveAndPublishAsync(Guid journey)
    {
        await site.ArchiveAsync(journey);
        await site.RestoreAsync(journey);
        await site.PublishAsync(Steps, journey);
    }
}
