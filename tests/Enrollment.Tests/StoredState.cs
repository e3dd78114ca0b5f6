using System.Text;
using Dapper;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.EngineContracts;
using Journeys.Enrollments.Enrollments;
using Journeys.Protos.Events.V1;
using Npgsql;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;

namespace Journeys.Enrollments.Tests;

/// <summary>What must hold of a site at any moment, whoever is at work: every statement here sees one snapshot.</summary>
public static class StoredState
{
    const string History = """
        select format('%s is at visit %s (%s since %s), but its history of %s visits ends with %s (%s since %s)',
                      e.enrollment_id, e.visit_no, e.node_id, e.waiting_since, seen.visits, seen.last_no, last.node_id, last.entered_at)
        from enrollment.enrollment e
        cross join lateral (
            select count(*) as visits, coalesce(max(visit_no), 0) as last_no, coalesce(min(visit_no), 0) as first_no
            from enrollment.visit v where v.site_id = e.site_id and v.enrollment_id = e.enrollment_id) as seen
        left join enrollment.visit last on last.site_id = e.site_id and last.enrollment_id = e.enrollment_id and last.visit_no = seen.last_no
        where e.site_id = @siteId
          and (seen.visits <> seen.last_no or seen.first_no <> 1 or seen.last_no <> e.visit_no
               or last.node_id <> e.node_id or last.entered_at <> e.waiting_since)
        """;

    const string Times = """
        select format('%s: visit %s at %s is before the visit before it', v.enrollment_id, v.visit_no, v.entered_at)
        from enrollment.visit v
        join enrollment.visit earlier on earlier.site_id = v.site_id and earlier.enrollment_id = v.enrollment_id and earlier.visit_no = v.visit_no - 1
        where v.site_id = @siteId and v.entered_at < earlier.entered_at
        """;

    const string Held = """
        select format('%s is %s, and a signal is held for it', e.enrollment_id, e.status)
        from enrollment.held_signal h
        join enrollment.enrollment e on e.site_id = h.site_id and e.enrollment_id = h.enrollment_id
        where h.site_id = @siteId and e.status <> 'ACTIVE'
        """;

    const string Counts = """
        with counted as (
            select version, entry_day, kind, node_id, label, target_id, sum(amount)::bigint as amount
            from (
                select journey_id, version, entry_day, kind, node_id, label, target_id, amount from enrollment.journey_statistic where site_id = @siteId
                union all
                select journey_id, version, entry_day, kind, node_id, label, target_id, amount from enrollment.statistic_change where site_id = @siteId
            ) as statistic
            where kind in ('MOVED', 'ENDED', 'REPORTED', 'SHOWN', 'NOT_SHOWN', 'STATUS', 'OUTCOME', 'GOAL')
            group by journey_id, version, entry_day, kind, node_id, label, target_id
            having sum(amount) <> 0
        ), run as (
            select e.*, (e.entered_at at time zone 'UTC')::date as entry_day from enrollment.enrollment e where e.site_id = @siteId
        ), recounted as (
            select run.version, run.entry_day, 'MOVED' as kind, coalesce(earlier.node_id, '') as node_id, v.branch as label, v.node_id as target_id, count(*) as amount
            from run
            join enrollment.visit v on v.site_id = run.site_id and v.enrollment_id = run.enrollment_id
            left join enrollment.visit earlier
                on earlier.site_id = v.site_id and earlier.enrollment_id = v.enrollment_id and earlier.visit_no = v.visit_no - 1
            group by run.journey_id, 1, 2, 4, 5, 6
            union all
            select run.version, run.entry_day, case when v.shown_at is null then 'NOT_SHOWN' else 'SHOWN' end, v.node_id, '', '', count(*)
            from run
            join enrollment.visit v on v.site_id = run.site_id and v.enrollment_id = run.enrollment_id
            where v.shown_at is not null or v.not_shown <> ''
            group by run.journey_id, 1, 2, 3, 4
            union all
            select run.version, run.entry_day, 'REPORTED', v.node_id, content.outcome, '', count(*)
            from run
            join enrollment.content_outcome content on content.site_id = run.site_id and content.enrollment_id = run.enrollment_id
            join enrollment.visit v on v.site_id = content.site_id and v.enrollment_id = content.enrollment_id and v.visit_no = content.visit_no
            group by run.journey_id, 1, 2, 4, 5
            union all
            select version, entry_day, 'ENDED', node_id, '', '', count(*) from run where status <> 'ACTIVE' group by journey_id, 1, 2, 4
            union all
            select version, entry_day, 'STATUS', '', status, '', count(*) from run group by journey_id, 1, 2, 5
            union all
            select version, entry_day, 'OUTCOME', '', outcome, '', count(*) from run where status = 'COMPLETED' group by journey_id, 1, 2, 5
            union all
            select version, entry_day, 'GOAL', '', '', '', count(*) from run where goal_at is not null group by journey_id, 1, 2
        )
        select what
        from (
            select 'counted, and not so: ' || to_json(wrong)::text from (select * from counted except all select * from recounted) as wrong
            union all
            select 'so, and not counted: ' || to_json(missing)::text from (select * from recounted except all select * from counted) as missing
        ) as difference (what)
        -- What is erased stays counted.
        where not exists (select from enrollment.erased_person where site_id = @siteId)
        """;

    /// <summary>
    /// Every enrollment is where its history ends, histories have no gap and do not run backwards, nothing is held for who has left,
    /// counts are what a recount gives, and whoever waits for a time has asked for its timer.
    /// </summary>
    public static async Task CheckAsync(EnrollmentFixture service, Guid siteId)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        Assert.Empty(await connection.QueryAsync<string>($"{History} union all {Times} union all {Held}", new { siteId }));
        Assert.Empty(await connection.QueryAsync<string>(Counts, new { siteId }));
        if (!service.MessagesLeave)
            await CheckTimersAsync(connection, siteId);
    }

    // Whoever waits for a time has asked for the timer of the present visit. Read in this order, whatever is stored in between.
    static async Task CheckTimersAsync(NpgsqlConnection connection, Guid siteId)
    {
        const string waiting = "select enrollment_id, visit_no, wake_at from enrollment.enrollment where site_id = @siteId and wake_at is not null";
        const string requests = "select body from enrollment.outbox where message_type = @type and position(@site in body) > 0";

        var rows = await connection.QueryAsync<(Guid EnrollmentId, int VisitNo, DateTimeOffset WakeAt)>(waiting, new { siteId });
        if (!rows.Any())
            return;

        var type = TimersRequested.Descriptor.FullName;
        var asked = (await connection.QueryAsync<byte[]>(requests, new { type, site = Encoding.UTF8.GetBytes($"{siteId}") }))
            .SelectMany(body => TimersRequested.Parser.ParseFrom(body).Timers)
            .Select(timer => (Guid.Parse(timer.EnrollmentId), timer.VisitNo, timer.DueTime.ToDateTimeOffset()))
            .ToHashSet();
        Assert.All(rows, row => Assert.Contains(row, asked));
    }

    /// <summary>What an answer says of enrollments is what is stored of them.</summary>
    public static async Task CheckAnswerAsync(TestSite site, IMessage answer)
    {
        foreach (var told in EnrollmentsIn(answer))
        {
            var row = await site.Service.Get<EnrollmentQueries>().FindAsync(
                site.Id, Guid.Parse(told.JourneyId), Guid.Parse(told.Id), CancellationToken.None);
            var seen = told.Clone();
            seen.Waiting = null;
            if (seen.Data is not null)
                Assert.Equal(Json.ToStruct(row!.Data), seen.Data);
            seen.Data = null;
            if (seen.Entry is not null)
                Assert.Equal(Json.ToStruct(row!.Entry), seen.Entry);
            seen.Entry = null;
            Assert.Equal(answer.Descriptor.File.Name.EndsWith("sdk_service.proto", StringComparison.Ordinal) ? row!.ToProto().ForPages() : row!.ToProto(), seen);
        }
    }

    static IEnumerable<Enrollment> EnrollmentsIn(IMessage message) => message is Enrollment only
        ? [only]
        : message.Descriptor.Fields.InDeclarationOrder()
            .Where(field => field.FieldType == FieldType.Message && !field.IsMap)
            .SelectMany(field => field.IsRepeated
                ? ((System.Collections.IEnumerable)field.Accessor.GetValue(message)).Cast<IMessage>()
                : field.Accessor.GetValue(message) is IMessage part ? [part] : [])
            .Where(part => part.Descriptor.File.Package.StartsWith("journeys.", StringComparison.Ordinal))
            .SelectMany(EnrollmentsIn);
}
