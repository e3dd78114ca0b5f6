using Dapper;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Scheduler.V1;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>An enrollment whose person is gone keeps nobody else, and is given to whom it belongs or removed.</summary>
public sealed class OwnerlessTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task An_archiving_goes_on_behind_them_and_ends_them_too()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        foreach (var person in (string[])["u0", "u1", "u2"])
            await site.EnterAsync(journey, person);
        await ExecuteAsync("delete from enrollment.profile where site_id = @Id and user_id in ('u0', 'u1')");
        await site.ArchiveAsync(journey);

        var archived = await site.RunJobAsync(Job.Types.Kind.Archive, journey, limit: 2);

        Assert.Equal(3, archived);
        Assert.Equal(0, await CountAsync("enrollment", "status = 'ACTIVE'"));
    }

    [Fact]
    public async Task What_a_visitor_had_is_the_users_that_the_visitor_became()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.EnterAsync(journey, "visitor1");
        await site.IdentifyAsync("u1", "visitor1");
        await site.ReportAsync(journey, "u1", "one");
        await site.DoAsync("u1", "paid");
        await ExecuteAsync("""
            with gone as (select gen_random_uuid() as id),
                 enrollments as (update enrollment.enrollment set profile_id = gone.id from gone where site_id = @Id),
                 events as (update enrollment.event set profile_id = gone.id from gone where site_id = @Id)
            update enrollment.content_outcome set profile_id = gone.id from gone where site_id = @Id
            """);

        await FindAsync();

        var found = Assert.Single(await site.EnrollmentsAsync(journey));
        Assert.Equal(("u1", Status.Active), (found.UserId, found.Status));
        Assert.True((await site.ReportAsync(journey, "u1", "two")).Applied);
        foreach (var table in (string[])["event", "content_outcome"])
            Assert.Equal(0, await CountAsync(table, "profile_id not in (select profile_id from enrollment.profile)"));
        Assert.Equal((1, 0), (await CountAsync("event"), await CountAsync("erasure")));
    }

    [Fact]
    public async Task What_is_nobodys_is_removed_as_if_erased()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        var gone = (await site.EnterAsync(journey, "gone")).Enrollment;
        await site.EnterAsync(journey, "there");
        await ExecuteAsync("delete from enrollment.profile where site_id = @Id and user_id = 'gone'");

        await FindAsync();
        await using var connection = await service.Database.OpenConnectionAsync();
        var erasure = await connection.QuerySingleAsync<Guid>("select profile_id from enrollment.erasure where site_id = @Id", new { site.Id });
        await new JobRunner(site).RunAsync(Job.Types.Kind.Erasure, journey: null, erasure.ToString());

        Assert.Equal("there", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
        Assert.Equal((1, 2, 0), (await CountAsync("enrollment"), await CountAsync("visit"), await CountAsync("erasure")));
        var told = (await site.SentAsync<Events.EnrollmentStopped>()).Where(fact => fact.SiteId == site.Id.ToString()).SelectMany(fact => fact.Enrollments);
        Assert.Equal((gone.Id, "ERASED", ""), Assert.Single(told.Select(fact => (fact.EnrollmentId, fact.StopReason, fact.UserId))));
        var counts = await site.Enrollments.GetAnalyticsAsync(new() { JourneyId = journey.ToString() });
        Assert.Equal(1, counts.Nodes.Sum(node => node.HereNow));
    }

    [Fact]
    public async Task One_that_cannot_be_removed_keeps_no_other()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        foreach (var person in (string[])["u0", "u1", "u2"])
            await site.EnterAsync(journey, person);
        await ExecuteAsync("delete from enrollment.profile where site_id = @Id and user_id in ('u0', 'u1')");
        await using var connection = await service.Database.OpenConnectionAsync();
        // The one that is found first.
        var first = await connection.QueryFirstAsync<Guid>(
            """
            select profile_id
            from enrollment.enrollment
            where site_id = @Id and profile_id not in (select profile_id from enrollment.profile where site_id = @Id)
            order by enrollment_id
            """,
            new { site.Id });
        await connection.ExecuteAsync($"""
            create function enrollment.refuse() returns trigger language plpgsql as $$ begin raise exception 'refused' using errcode = '23514'; end $$;
            create trigger refuse before insert on enrollment.erasure for each row when (new.profile_id = '{first}') execute function enrollment.refuse();
            """);

        await FindAsync();
        var refused = await CountAsync("erasure", $"profile_id = '{first}'");
        var others = await CountAsync("erasure");
        await connection.ExecuteAsync("drop trigger refuse on enrollment.erasure; drop function enrollment.refuse");
        await FindAsync();

        Assert.Equal((0, 1, 2), (refused, others, await CountAsync("erasure")));
    }

    [Fact]
    public async Task It_looks_once_a_minute_since_it_has_nothing_to_do_in_a_healthy_run() =>
        Assert.Equal(TimeSpan.FromMinutes(1), await service.Get<FindOwners>().RunOnceAsync(CancellationToken.None));

    // From wherever the last one ended, and from the beginning.
    async Task FindAsync()
    {
        await service.Get<FindOwners>().RunOnceAsync(CancellationToken.None);
        await service.Get<FindOwners>().RunOnceAsync(CancellationToken.None);
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, new { site.Id });
    }

    async Task<int> CountAsync(string table, string where = "true")
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>($"select count(*) from enrollment.{table} where site_id = @Id and {where}", new { site.Id });
    }
}
