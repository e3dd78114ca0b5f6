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
        var poisoned = await site.WaitingAsync(2, exit: Poison);
        await other.WaitingAsync(3);
        var (paused, _) = await other.WaitingAsync(4);
        await other.PauseAsync(paused);
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        await service.Get<AdvanceEnrollments>().HandleAsync(
            [.. poisoned.People.Select(one => new SignalDelivery(site.Id, Guid.Parse(one.Id), new Signal.TimerElapsed(2)))], CancellationToken.None);

        var before = await MeasureAsync();
        await service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);
        var after = await MeasureAsync();

        Assert.Equal((2, 5), before);
        Assert.Equal((2, 2), after);
    }

    [Fact]
    public async Task Waits_that_are_being_released_after_a_pause_are_not_overdue()
    {
        var (journey, _) = await site.WaitingAsync(3);
        await site.PauseAsync(journey);
        service.Clock.Advance(TimeSpan.FromHours(3));
        await site.ResumeAsync(journey);
        service.Clock.Advance(TimeSpan.FromMinutes(3));
        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}", Releases = true };
        var (_, before) = await MeasureAsync();

        service.Desk.Work[$"{journey}"] = new() { JourneyId = $"{journey}" };
        var (_, after) = await MeasureAsync();

        Assert.Equal(3, after - before);
    }

    async Task<(long SetAside, long Overdue)> MeasureAsync()
    {
        await service.Get<WaitsMeter>().RunOnceAsync(CancellationToken.None);
        return (Assert.Single(Gauge.Read(service.Get<IMeterFactory>(), "journeys.set_aside")).Value,
            Assert.Single(Gauge.Read(service.Get<IMeterFactory>(), "journeys.waits.overdue")).Value);
    }
}
