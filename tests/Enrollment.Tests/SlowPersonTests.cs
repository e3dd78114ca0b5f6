using Dapper;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Logging;
using Npgsql;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Somebody whose events time out in the database keeps nobody else from moving, and a database that is slow for everybody sets nobody aside.</summary>
[Collection(ImpatientFixture.Collection)]
public sealed class SlowPersonTests(ImpatientFixture service) : SlowPeople(service)
{
    [Fact]
    public async Task Timers_of_others_go_on_and_only_who_is_slow_is_set_aside()
    {
        var (slow, others) = (await Site.WaitingAsync(settings: Goal), await Other.WaitingAsync());
        await SendAsync("u0", 8_000);
        Service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var source = Impatient(seconds: 2);
        var advance = AdvanceBy(source);

        await ElapseAsync(advance, [.. slow.People, .. others.People]);

        Assert.Equal([Status.Active, Status.Completed], (await Site.EnrollmentsAsync(slow.Journey)).Select(one => one.Status));
        Assert.All(await Other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        var aside = Assert.Single(await SetAsideAsync(Site));
        Assert.Equal(slow.People[0].Id, aside.EnrollmentId);
        Assert.StartsWith("RulesTooCostly", aside.Cause, StringComparison.Ordinal);

        Service.Clock.Advance(TimeSpan.FromSeconds(5));
        // By the same limit: how long the rule takes depends on the machine.
        var retry = new RetryEnrollment(
            source, Service.Get<Enrollments.SetAside>(), advance, Service.Get<AfterCommit>(), Service.Get<HealEnrollment>(), Service.Get<ILogger<RetryEnrollment>>());
        await new RetrySetAside(Service.Get<SetAsideStore>(), retry, Service.Get<ILogger<RetrySetAside>>()).RunOnceAsync(CancellationToken.None);
        Assert.Equal(2, Assert.Single(await SetAsideAsync(Site)).Failures);
    }

    [Fact]
    public async Task The_watchdog_repairs_others_and_sets_aside_who_is_slow()
    {
        var (slow, others) = (await Site.WaitingAsync(settings: Goal), await Other.WaitingAsync());
        await SendAsync("u0", 8_000);
        Service.Clock.Advance(TimeSpan.FromMinutes(3));
        await using var source = Impatient(seconds: 2, background: 2);
        var watchdog = new Watchdog(
            source, Service.Get<RepairQueries>(), AdvanceBy(source), Service.Get<AfterCommit>(), Service.Get<SchedulerWork>(),
            Service.Get<Outbox>(), Service.Get<Enrollments.SetAside>(), Service.Get<SlowSites>(), Service.Get<FailedMessageStore>(), Service.Get<System.Diagnostics.Metrics.IMeterFactory>(),
            Service.Clock, Service.Get<Clock>(), Service.Get<ILogger<Watchdog>>());

        await watchdog.RunOnceAsync(CancellationToken.None);

        Assert.Equal([Status.Active, Status.Completed], (await Site.EnrollmentsAsync(slow.Journey)).Select(one => one.Status));
        Assert.All(await Other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Equal(slow.People[0].Id, Assert.Single(await SetAsideAsync(Site)).EnrollmentId);
    }

    [Fact]
    public async Task A_database_that_is_slow_for_everybody_sets_nobody_aside()
    {
        var (some, others) = (await Site.WaitingAsync(), await Other.WaitingAsync());
        Service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var source = Impatient(seconds: 2);
        await using (var holder = await Service.Database.OpenConnectionAsync())
        {
            await holder.ExecuteAsync("begin; lock table enrollment.enrollment in access exclusive mode");

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => ElapseAsync(AdvanceBy(source), [.. some.People, .. others.People]));

            await holder.ExecuteAsync("rollback");
        }

        Assert.Empty(await SetAsideAsync(Site));
        Assert.Empty(await SetAsideAsync(Other));
        Assert.Equal(4, await ElapseAsync(AdvanceBy(Service.Database), [.. some.People, .. others.People]));
    }

    [Fact]
    public async Task Somebody_who_is_locked_is_not_set_aside_and_keeps_nobody_else()
    {
        var (some, others) = (await Site.WaitingAsync(), await Other.WaitingAsync());
        Service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var source = Impatient(seconds: 2);
        await using (var holder = await Service.Database.OpenConnectionAsync())
        {
            await using var held = await holder.BeginTransactionAsync();
            await holder.ExecuteAsync(
                "select from enrollment.enrollment where enrollment_id = @id for update", new { id = Guid.Parse(some.People[0].Id) }, held);

            await Assert.ThrowsAnyAsync<NpgsqlException>(() => ElapseAsync(AdvanceBy(source), [.. some.People, .. others.People]));
        }

        Assert.Equal([Status.Active, Status.Completed], (await Site.EnrollmentsAsync(some.Journey)).Select(one => one.Status));
        Assert.All(await Other.EnrollmentsAsync(others.Journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Empty(await SetAsideAsync(Site));
    }

    [Fact]
    public async Task Whoever_is_locked_while_it_is_noted_that_they_are_slow_is_tried_again()
    {
        var one = (await Site.WaitingAsync()).People[0];
        var slow = new RulesTooCostly { InDatabase = new PostgresException("too long", "ERROR", "ERROR", PostgresErrorCodes.QueryCanceled) };
        await using var holder = await Service.Database.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("select from enrollment.enrollment where enrollment_id = @id for update", new { id = Guid.Parse(one.Id) }, held);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => Service.Get<Enrollments.SetAside>().NoteAsync(
            Site.Id, Guid.Parse(one.Id), [], slow, CancellationToken.None));

        Assert.Equal(Fault.Passing, Faults.Of(failure));
    }

    async Task<int> ElapseAsync(AdvanceEnrollments advance, List<Enrollment> people)
    {
        await using var connection = await Service.Database.OpenConnectionAsync();
        var sites = (await connection.QueryAsync<(Guid Id, Guid SiteId)>("select enrollment_id, site_id from enrollment.enrollment")).ToDictionary(row => row.Id, row => row.SiteId);
        return await advance.HandleAsync(
            [.. people.Select(one => Guid.Parse(one.Id)).Select(id => new SignalDelivery(sites[id], id, new Signal.TimerElapsed(2)))], CancellationToken.None);
    }
}
