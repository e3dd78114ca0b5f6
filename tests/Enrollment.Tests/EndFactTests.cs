using Journeys.Protos.Scheduler.V1;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Every end is a fact with its reason, for programs outside.</summary>
public sealed class EndFactTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Archiving_a_journey_tells_of_everybody_who_was_inside_in_few_messages()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var users = Enumerable.Range(0, 700).Select(n => $"user-{n:000}").ToList();
        await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { users } });
        await site.ArchiveAsync(journey);

        await site.RunJobAsync(Job.Types.Kind.Archive, journey);

        var messages = await ArchivedAsync();
        Assert.Equal(2, messages.Count);
        var facts = messages.SelectMany(message => message.Enrollments).ToList();
        Assert.Equal(users, facts.Select(fact => fact.UserId).Order(StringComparer.Ordinal));
        Assert.All(facts, fact => Assert.Equal(($"{journey}", 1, 1, "JOURNEY_ARCHIVED", ""), (fact.JourneyId, fact.JourneyVersion, fact.Attempt, fact.StopReason, fact.MergedIntoId)));
        Assert.All(facts, fact => Assert.Equal(service.Clock.GetUtcNow(), fact.Time.ToDateTimeOffset()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_enrollment_that_is_merged_away_tells_so_and_names_the_one_that_stays(bool isCompleted)
    {
        var journey = await PublishAsync();
        var merged = (await site.EnterAsync(journey, "visitor1")).Enrollment;
        if (isCompleted)
            await site.ReportAsync(journey, "visitor1", "one");
        var survivor = (await site.EnterAsync(journey, "u1")).Enrollment;

        await site.IdentifyAsync("u1", "visitor1");

        var fact = Assert.Single(Assert.Single(await ArchivedAsync()).Enrollments);
        Assert.Equal((merged.Id, "MERGED", survivor.Id, 2), (fact.EnrollmentId, fact.StopReason, fact.MergedIntoId, fact.Attempt));
    }

    [Fact]
    public async Task A_message_is_about_one_journey_so_that_readers_can_choose()
    {
        Guid[] journeys = [await PublishAsync(), await PublishAsync()];
        foreach (var journey in journeys)
        {
            await site.EnterAsync(journey, "visitor1");
            await site.EnterAsync(journey, "u1");
        }

        await site.IdentifyAsync("u1", "visitor1");

        var facts = (await ArchivedAsync()).Select(message => Assert.Single(message.Enrollments));
        Assert.Equal(journeys.Select(journey => $"{journey}").Order(), facts.Select(fact => fact.JourneyId).Order());
    }

    [Theory]
    [InlineData(false, false, "1 STARTED", "2 COMPLETED")]
    [InlineData(true, false, "1 STARTED", "2 STOPPED")]
    [InlineData(false, true, "1 STARTED", "2 COMPLETED", "3 ARCHIVED")]
    [InlineData(true, true, "1 STARTED", "2 STOPPED", "3 ARCHIVED")]
    public async Task Facts_of_an_enrollment_are_numbered_in_order(bool isStopped, bool isMerged, params string[] expected)
    {
        var journey = await PublishAsync();
        var enrollment = (await site.EnterAsync(journey, "visitor1")).Enrollment;
        if (isStopped)
            await site.Enrollments.StopEnrollmentAsync(new() { JourneyId = $"{journey}", EnrollmentId = enrollment.Id });
        else
            await site.ReportAsync(journey, "visitor1", "one");
        await site.EnterAsync(journey, "u1");
        if (isMerged)
            await site.IdentifyAsync("u1", "visitor1");

        Assert.Equal(expected, await NumbersAsync(enrollment.Id));
    }

    [Fact]
    public async Task Who_is_merged_away_while_inside_has_no_number_left_out()
    {
        var journey = await PublishAsync();
        var merged = (await site.EnterAsync(journey, "visitor1")).Enrollment;
        await site.EnterAsync(journey, "u1");

        await site.IdentifyAsync("u1", "visitor1");

        Assert.Equal(["1 STARTED", "2 ARCHIVED"], await NumbersAsync(merged.Id));
    }

    async Task<IEnumerable<string>> NumbersAsync(string enrollmentId)
    {
        (string Kind, Events.EnrollmentFact Fact)[] facts =
        [
            .. (await site.SentAsync<Events.EnrollmentStarted>()).SelectMany(message => message.Enrollments).Select(fact => ("STARTED", fact)),
            .. (await site.SentAsync<Events.EnrollmentCompleted>()).SelectMany(message => message.Enrollments).Select(fact => ("COMPLETED", fact)),
            .. (await site.SentAsync<Events.EnrollmentStopped>()).SelectMany(message => message.Enrollments).Select(fact => ("STOPPED", fact)),
            .. (await site.SentAsync<Events.EnrollmentArchived>()).SelectMany(message => message.Enrollments).Select(fact => ("ARCHIVED", fact)),
        ];
        return facts.Where(one => one.Fact.EnrollmentId == enrollmentId).Select(one => $"{one.Fact.FactNo} {one.Kind}").Order();
    }

    Task<Guid> PublishAsync() => site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));

    async Task<IReadOnlyList<Events.EnrollmentArchived>> ArchivedAsync() =>
        [.. (await site.SentAsync<Events.EnrollmentArchived>()).Where(message => message.SiteId == site.Id.ToString())];
}
