namespace Journeys.Ledgers.Clients;

/// <summary>
/// An acknowledged report finished its visit with that outcome; a held one is applied, still held, or too late; a
/// refused one had no effect.
/// </summary>
static class ReportCalls
{
    sealed record State(string Result, bool IsThere, bool IsOver, bool IsHeld);

    public static async Task CheckAsync(Look look, IReadOnlyList<IGrouping<(Guid Site, Guid? EnrollmentId, int? VisitNo), ClientCall>> visits, CancellationToken ct)
    {
        const string sql = """
            select asked.site_id, asked.enrollment_id, asked.visit_no, coalesce(o.outcome, ''), e.enrollment_id is not null,
                   coalesce(e.status <> 'ACTIVE' or e.visit_no > asked.visit_no, false),
                   exists (select from enrollment.held_signal h
                           where h.site_id = asked.site_id and h.enrollment_id = asked.enrollment_id and h.signal -> 'report' is not null)
            from unnest(@sites, @enrollments, @visits) as asked (site_id, enrollment_id, visit_no)
            left join enrollment.enrollment e on e.site_id = asked.site_id and e.enrollment_id = asked.enrollment_id
            left join enrollment.content_outcome o
                on o.site_id = asked.site_id and o.enrollment_id = asked.enrollment_id and o.visit_no = asked.visit_no
            """;

        var states = new Dictionary<(Guid, Guid?, int?), State>();
        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(
            sql, ct, new("sites", visits.Select(visit => visit.Key.Site).ToArray()), new("enrollments", visits.Select(visit => visit.Key.EnrollmentId!.Value).ToArray()),
            new("visits", visits.Select(visit => visit.Key.VisitNo!.Value).ToArray())))
        {
            states[(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2))] = new(row.GetString(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6));
        }

        foreach (var visit in visits)
        {
            if (Judge([.. visit], states[visit.Key]) is var (kind, what))
                ClientCalls.Found(look, kind, visit.Key.Site, $"{ClientCalls.Person(visit.First())} enrollment={visit.Key.EnrollmentId} visit={visit.Key.VisitNo}", what);
        }
    }

    static (FindingKind Kind, string What)? Judge(IReadOnlyList<ClientCall> calls, State state)
    {
        var applied = calls.Where(call => call.Outcome == ClientOutcome.Ok).Select(call => call.Result).Distinct().ToList();
        if (applied.Count > 1)
            return (FindingKind.Doubled, $"The visit was acknowledged to be left as {string.Join(" and as ", applied)}.");
        if (applied is [var result] && state.Result != result)
        {
            return (FindingKind.Lost, state switch
            {
                { IsThere: false } => $"It was acknowledged as {result}, but the enrollment does not exist.",
                { Result: "" } => $"It was acknowledged as {result}, and the visit was not left so.",
                _ => $"It was acknowledged as {result}, and the visit was left as {state.Result}.",
            });
        }

        if (calls.Any(call => call.Outcome == ClientOutcome.Held) && state is { Result: "", IsOver: false, IsHeld: false })
            return (FindingKind.Lost, "It was acknowledged as held, and is neither held nor applied.");
        if (calls.All(call => call.Outcome == ClientOutcome.Failed) && state.Result.Length > 0)
            return (FindingKind.Unexpected, $"Every report of it was refused, and the visit was left as {state.Result}.");
        return null;
    }
}
