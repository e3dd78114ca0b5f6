using Dapper;
using Journeys.BuildingBlocks.Messages;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RowFaults;
using Journeys.Testing;
using Npgsql;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>Many slow people of one site make way for those of others.</summary>
[Collection(ImpatientFixture.Collection)]
public sealed class SlowSiteTests(ImpatientFixture service) : SlowPeople(service)
{
    [Fact]
    public async Task Many_slow_people_of_one_site_make_way_for_others_and_arrive_once_they_are_fast()
    {
        var (slow, others) = (await Site.WaitingAsync(60), await Other.WaitingAsync());
        Service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var connection = await Service.Database.OpenConnectionAsync();
        await SlowDownAsync(connection);

        await ElapseByMessageAsync(slow.People, others.People);

        var aside = await CountAsync(connection, "set_aside");
        var othersThere = (await Other.EnrollmentsAsync(others.Journey)).Count(one => one.Status == Status.Completed);
        await SpeedUpAsync(connection);
        await Eventually.Equal(
            60 - SlowSites.Most,
            async () =>
            {
                await Service.Get<RetryFailedMessages>().RunOnceAsync(CancellationToken.None);
                return await CountAsync(connection, "enrollment", "and status = 'COMPLETED'");
            },
            "people who were put off to arrive");
        Service.Clock.Advance(TimeSpan.FromSeconds(5));
        await Service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);
        await Service.Get<RetrySetAside>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((SlowSites.Most, 2), (aside, othersThere));
        Assert.Equal(
            (60, 180, 0),
            (await CountAsync(connection, "enrollment", "and status = 'COMPLETED'"), await CountAsync(connection, "visit"), await CountAsync(connection, "set_aside")));
    }

    [Fact]
    public async Task The_watchdog_takes_sites_by_turns_and_few_slow_people_of_one()
    {
        // More of the slow site than it looks at in one go.
        await Site.WaitingAsync(600);
        var others = await Other.WaitingAsync();
        Service.Clock.Advance(TimeSpan.FromMinutes(3));
        await using var connection = await Service.Database.OpenConnectionAsync();
        await SlowDownAsync(connection);

        await Service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);

        var (aside, othersThere) = (await CountAsync(connection, "set_aside"), await Other.EnrollmentsAsync(others.Journey));
        await SpeedUpAsync(connection);
        // Leaves nobody to the other tests.
        while (await Service.Get<Watchdog>().RunOnceAsync(CancellationToken.None) == TimeSpan.Zero)
        {
        }

        Assert.All(othersThere, one => Assert.Equal(Status.Completed, one.Status));
        Assert.Equal(SlowSites.Most, aside);
    }

    [Fact]
    public async Task The_watchdog_moves_who_was_put_off_and_does_not_count_them_as_lost()
    {
        var (slow, lost) = (await Site.WaitingAsync(60), await Other.WaitingAsync());
        Service.Clock.Advance(TimeSpan.FromSeconds(2));
        await using var connection = await Service.Database.OpenConnectionAsync();
        await SlowDownAsync(connection);
        await ElapseByMessageAsync(slow.People, []);
        await SpeedUpAsync(connection);
        Service.Clock.Advance(TimeSpan.FromMinutes(3));
        using var counted = new CountedMetric(Service.Get<System.Diagnostics.Metrics.IMeterFactory>(), "journeys.wakeups.repaired");

        await Service.Get<Watchdog>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(60 - SlowSites.Most, await CountAsync(connection, "enrollment", "and status = 'COMPLETED'"));
        Assert.All(await Other.EnrollmentsAsync(lost.Journey), one => Assert.Equal(Status.Completed, one.Status));
        Assert.Equal(2, counted.Total);
        await connection.ExecuteAsync("delete from enrollment.failed_message where @Id = any(site_ids)", new { Site.Id });
    }

    // As if each of the site took the database too long.
    Task<int> SlowDownAsync(NpgsqlConnection connection) => connection.ExecuteAsync($"""
        create function enrollment.take_long() returns trigger language plpgsql as $$ begin
            if new.site_id = '{Site.Id}' then raise exception 'too long' using errcode = '57014'; end if;
            return new;
        end $$;
        create trigger take_long before insert on enrollment.visit for each row execute function enrollment.take_long()
        """);

    static Task<int> SpeedUpAsync(NpgsqlConnection connection) =>
        connection.ExecuteAsync("drop trigger take_long on enrollment.visit; drop function enrollment.take_long");

    // Returns when the message was handled or is kept.
    Task ElapseByMessageAsync(List<Enrollment> ofSite, List<Enrollment> ofOther) => Site.TellAllAsync(new Events.TimersElapsed
    {
        Timers = { ofSite.Select(one => TimerOf(Site, one)), ofOther.Select(one => TimerOf(Other, one)) },
    });

    static Events.Timer TimerOf(TestSite site, Enrollment one) => new() { SiteId = site.Id.ToString(), EnrollmentId = one.Id, VisitNo = 2 };

    Task<int> CountAsync(NpgsqlConnection connection, string table, string where = "") =>
        connection.ExecuteScalarAsync<int>($"select count(*) from enrollment.{table} where site_id = @Id {where}", new { Site.Id });
}
