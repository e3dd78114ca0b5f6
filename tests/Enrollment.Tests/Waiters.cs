using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;

namespace Journeys.Enrollments.Tests;

/// <summary>People who wait.</summary>
static class Waiters
{
    /// <summary>As many users wait for two seconds, at the second visit.</summary>
    public static async Task<(Guid Journey, List<Enrollment> People)> WaitingAsync(
        this TestSite site, int count = 2, string settings = "", string exit = Designs.End)
    {
        var journey = await site.PublishAsync(Designs.Row(settings, Designs.Start, Designs.Wait("rest", "2s"), exit));
        var answer = await site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, count).Select(n => $"u{n}") } });
        return (journey, [.. answer.Results.Select(result => result.Enrollment)]);
    }
}
