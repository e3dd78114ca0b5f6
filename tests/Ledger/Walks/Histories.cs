using Journeys.Engine;
using Journeys.Ledgers.Checks;
using Npgsql;

namespace Journeys.Ledgers.Walks;

/// <summary>
/// Reads every history once, in order, and checks it against the rules. Only one history is in memory at a time.
/// </summary>
public sealed class Histories : ICheck
{
    static readonly IReadOnlyList<IHistoryRule> Rules = [new VisitNumbers(), new Paths(), new WaitEnds(), new Positions()];

    public IReadOnlyList<string> Names => [.. Rules.Select(rule => rule.Name)];

    // Visits and the state of an enrollment are written in one transaction.
    public bool Settles => false;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string sql = """
            select e.site_id, e.enrollment_id, e.journey_id, e.version, e.first_id, e.status, e.node_id, e.visit_no, e.waiting_for, e.waiting_since, e.wake_at,
                   e.outcome, e.stop_reason, v.visit_no, v.node_id, v.branch, v.cause, v.entered_at, e.thawed_at
            from enrollment.enrollment e
            left join enrollment.visit v on v.site_id = e.site_id and v.enrollment_id = e.enrollment_id
            where (@site is null or e.site_id = @site)
            order by e.site_id, e.enrollment_id, v.visit_no
            """;

        var graphs = await VersionGraph.LoadAsync(look.Snapshot.Definition, ct);
        var pauses = await LoadPausesAsync(look.Snapshot.Enrollment, ct);
        History? history = null;
        var visits = 0L;
        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(sql, ct))
        {
            var enrollmentId = row.GetGuid(1);
            if (history is null || history.EnrollmentId != enrollmentId || history.SiteId != row.GetGuid(0))
            {
                Judge(history);
                history = ToHistory(row, [.. pauses[(row.GetGuid(0), row.GetGuid(2))]]);
            }

            if (row.IsDBNull(13))
                continue;
            history.Visits.Add(new(row.GetInt32(13), row.GetString(14), row.GetString(15), row.GetString(16), row.GetFieldValue<DateTimeOffset>(17)));
            visits++;
        }

        Judge(history);
        foreach (var name in Names)
            look.Saw(name, visits);

        void Judge(History? done)
        {
            if (done is null)
                return;
            var graph = graphs.GetValueOrDefault((done.SiteId, done.JourneyId, done.Version));
            foreach (var finding in Rules.SelectMany(rule => rule.Judge(done, graph)))
                look.Found(finding);
        }
    }

    static async Task<ILookup<(Guid SiteId, Guid JourneyId), NotedPause>> LoadPausesAsync(DatabaseSnapshot enrollment, CancellationToken ct)
    {
        const string sql = """
            select site_id, journey_id, paused_at, resumed_at, noted_at
            from enrollment.frozen_pause
            where (@site is null or site_id = @site)
            order by site_id, journey_id, paused_at, resumed_at
            """;

        var pauses = new List<((Guid, Guid) Of, NotedPause Pause)>();
        await foreach (var row in enrollment.ReadAsync(sql, ct))
        {
            var pause = new FrozenPause(row.GetFieldValue<DateTimeOffset>(2), row.GetFieldValue<DateTimeOffset>(3));
            pauses.Add(((row.GetGuid(0), row.GetGuid(1)), new(pause, row.GetFieldValue<DateTimeOffset>(4))));
        }

        return pauses.ToLookup(one => one.Of, one => one.Pause);
    }

    static History ToHistory(NpgsqlDataReader row, IReadOnlyList<NotedPause> pauses) => new()
    {
        SiteId = row.GetGuid(0),
        EnrollmentId = row.GetGuid(1),
        JourneyId = row.GetGuid(2),
        Version = row.GetInt32(3),
        FirstId = row.GetString(4),
        Status = row.GetString(5),
        NodeId = row.GetString(6),
        VisitNo = row.GetInt32(7),
        WaitingFor = row.GetString(8),
        WaitingSince = row.GetFieldValue<DateTimeOffset>(9),
        WakeAt = row.IsDBNull(10) ? null : row.GetFieldValue<DateTimeOffset>(10),
        ThawedAt = row.IsDBNull(18) ? null : row.GetFieldValue<DateTimeOffset>(18),
        Pauses = pauses,
        Outcome = row.GetString(11),
        StopReason = row.GetString(12),
    };
}
