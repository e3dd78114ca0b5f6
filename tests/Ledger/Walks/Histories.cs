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
                   e.outcome, e.stop_reason, v.visit_no, v.node_id, v.branch, v.cause, v.entered_at
            from enrollment.enrollment e
            left join enrollment.visit v on v.site_id = e.site_id and v.enrollment_id = e.enrollment_id
            where (@site is null or e.site_id = @site)
            order by e.site_id, e.enrollment_id, v.visit_no
            """;

        var graphs = await VersionGraph.LoadAsync(look.Snapshot.Definition, ct);
        History? history = null;
        var visits = 0L;
        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(sql, ct))
        {
            var enrollmentId = row.GetGuid(1);
            if (history is null || history.EnrollmentId != enrollmentId || history.SiteId != row.GetGuid(0))
            {
                Judge(history);
                history = ToHistory(row);
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

    static History ToHistory(NpgsqlDataReader row) => new()
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
        Outcome = row.GetString(11),
        StopReason = row.GetString(12),
    };
}
