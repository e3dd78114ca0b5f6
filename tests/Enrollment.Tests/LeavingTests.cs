using Dapper;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Enrollment.V1.Enrollment.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>To stop or to erase somebody takes neither rules nor versions, so nothing that is wrong with those keeps anybody inside.</summary>
public sealed class LeavingTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Goal = """
        "goal": {"rule": {"event": {"name": "seen", "where": {"condition": {"field": "properties.s", "operator": "REGEX", "value": "[ab]*a[ab]{240}c"} } } },
                 "deadline": "360000s", "exitOnGoal": true},
        """;

    // More events than the database can look at in the time of a statement.
    const string Slow = """
        insert into enrollment.event (site_id, event_id, profile_id, name, properties, url, occurred_at)
        select p.site_id, gen_random_uuid()::text, p.profile_id, 'seen', jsonb_build_object('s', text.s), '', now() - n * interval '1 ms'
        from enrollment.profile p
        cross join generate_series(1, 10000) as n
        cross join (select string_agg(case when random() < 0.5 then 'a' else 'b' end, '') as s from generate_series(1, 2000)) as text
        where p.site_id = @Id
        """;
    const string Deep = """
        update enrollment.profile set context = jsonb_build_object('location', (repeat('[', 70) || repeat(']', 70))::jsonb) where site_id = @Id
        """;
    const string NoVersion = """
        update enrollment.enrollment set version = 99 where site_id = @Id;
        update enrollment.statistic_change set version = 99 where site_id = @Id
        """;

    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData(Slow)]
    [InlineData(Deep)]
    [InlineData(NoVersion)]
    public async Task Whoever_cannot_be_moved_can_be_stopped_and_erased(string broken)
    {
        var journeys = new List<Guid>();
        foreach (var _ in (int[])[1, 2, 3])
            journeys.Add(await site.PublishAsync(Designs.Row(Goal, Designs.Start, Designs.Wait("rest", "60s"), Designs.End)));
        var entered = new List<Enrollment>();
        foreach (var journey in journeys)
            entered.Add((await site.EnterAsync(journey, "u1")).Enrollment);
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(broken, new { site.Id });

        await site.StopAsync(journeys[0], "u1");
        await site.Enrollments.StopEnrollmentAsync(new() { JourneyId = journeys[1].ToString(), EnrollmentId = entered[1].Id });
        Assert.Equal([Status.Stopped, Status.Stopped, Status.Active], [.. await StatusesAsync(journeys)]);
        await site.Profiles.EraseUserAsync(new() { UserId = "u1" });

        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await site.Profiles.GetUserAsync(new() { UserId = "u1" }));
        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
        var told = (await site.SentAsync<Events.EnrollmentStopped>()).Where(fact => fact.SiteId == site.Id.ToString()).SelectMany(fact => fact.Enrollments);
        Assert.Equal(entered.Select(one => one.Id).Order(), told.Select(fact => fact.EnrollmentId).Order());
        var cancelled = (await site.SentAsync<Events.TimersCancelled>()).SelectMany(message => message.Timers).Select(timer => timer.EnrollmentId).ToHashSet();
        Assert.All(entered, one => Assert.Contains(one.Id, cancelled));
    }

    async Task<IEnumerable<Status>> StatusesAsync(IEnumerable<Guid> journeys)
    {
        var statuses = new List<Status>();
        foreach (var journey in journeys)
            statuses.Add(Assert.Single(await site.EnrollmentsAsync(journey)).Status);
        return statuses;
    }
}
