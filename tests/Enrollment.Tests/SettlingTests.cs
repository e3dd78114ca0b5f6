using Journeys.Copies;

namespace Journeys.Enrollments.Tests;

/// <summary>A halt comes to all journeys of a site, whoever holds one of them.</summary>
public sealed class SettlingTests
{
    [Fact]
    public async Task One_that_stays_busy_keeps_none_from_being_settled_and_is_told()
    {
        var journeys = Enumerable.Range(0, 4).Select(_ => Guid.CreateVersion7()).ToArray();
        var settled = new List<Guid>();

        var failure = await Assert.ThrowsAsync<TimeoutException>(() => Settling.FreeFirstAsync(journeys, SettleAsync));

        Assert.Equal("still busy", failure.Message);
        Assert.Equal([journeys[0], journeys[2], journeys[3]], settled);

        // The first is free, and of the others, which are busy, one stays so.
        Task<bool> SettleAsync(Guid journey, bool waits)
        {
            if (journey != journeys[0] && !waits)
                return Task.FromResult(false);
            if (journey == journeys[1])
                throw new TimeoutException("still busy");
            settled.Add(journey);
            return Task.FromResult(true);
        }
    }
}
