using System.Diagnostics.Metrics;
using Journeys.Engine;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Testing;

namespace Journeys.Enrollments.Tests;

/// <summary>What alerts go by: who does not move though they should.</summary>
public sealed class WaitsMeterTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    // PostgreSQL cannot store the outcome.
    const string Poison = """{"id": "end", "exit": {"outcome": "a\u0000b"}}""";

    readonly TestSite site = service.NewSite();
    readonly TestSite other = service.NewSite();

    [Fact]
    public async Task Who_is_set_aside_and_whose_wait_is_overdue_is_measured_over_all_sites()
    {
        var poisoned = await WaitingAsync(site, Poison, 2);
        await WaitingAsync(other, Designs.End, 3);
        var (paused, _) = await WaitingAsync(other, Designs.End, 4);
        await other.PauseAsync(paused);
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        await service.Get<AdvanceEnrollments>().HandleAsync(
            [.. poisoned.Ids.Select(id => new SignalDelivery(site.Id, id, new Signal.TimerElapsed(2)))], CancellationToken.None);

        var before = await MeasureAsync();
        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);
        var after = await MeasureAsync();

        Assert.Equal((2, 5), before);
        Assert.Equal((2, 2), after);
    }

    async Task<(long SetAside, long Overdue)> MeasureAsync()
    {
        await service.Get<WaitsMeter>().RunOnceAsync(CancellationToken.None);
        return (Assert.Single(Gauge.Read(service.Get<IMeterFactory>(), "journeys.set_aside")).Value,
            Assert.Single(Gauge.Read(service.Get<IMeterFactory>(), "journeys.waits.overdue")).Value);
    }

    // They wait for two seconds.
    static async Task<(Guid Journey, List<Guid> Ids)> WaitingAsync(TestSite site, string exit, int count)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Wait("rest", "2s"), exit));
        var answer = await site.Enrollments.EnrollUsersAsync(
            new() { JourneyId = journey.ToString(), UserIds = { Enumerable.Range(0, count).Select(n => $"u{n}") } });
        return (journey, [.. answer.Results.Select(result => Guid.Parse(result.Enrollment.Id))]);
    }
}
