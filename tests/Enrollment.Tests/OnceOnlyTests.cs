namespace Journeys.Enrollments.Tests;

/// <summary>A person is enrolled in a journey once.</summary>
public sealed class OnceOnlyTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Fifty_racing_calls_enroll_a_person_once()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = "u1" }).ResponseAsync));

        Assert.Single(answers, answer => answer.Created);
        Assert.Single(answers.Select(answer => answer.Enrollment.Id).Distinct());
        Assert.Single(await site.EnrollmentsAsync(journey));
    }
}
