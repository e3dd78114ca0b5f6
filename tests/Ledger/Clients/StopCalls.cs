namespace Journeys.Ledgers.Clients;

/// <summary>
/// An enrollment whose stop was acknowledged has ended, and one whose stop was always refused was not stopped.
/// </summary>
static class StopCalls
{
    public static async Task CheckAsync(Look look, IReadOnlyList<IGrouping<(Guid Site, Guid? EnrollmentId), ClientCall>> stops, CancellationToken ct)
    {
        const string sql = """
            select asked.site_id, asked.enrollment_id, coalesce(e.status, '')
            from unnest(@sites, @enrollments) as asked (site_id, enrollment_id)
            left join enrollment.enrollment e on e.site_id = asked.site_id and e.enrollment_id = asked.enrollment_id
            """;

        var statuses = new Dictionary<(Guid, Guid?), string>();
        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(
            sql, ct, new("sites", stops.Select(stop => stop.Key.Site).ToArray()), new("enrollments", stops.Select(stop => stop.Key.EnrollmentId!.Value).ToArray())))
        {
            statuses[(row.GetGuid(0), row.GetGuid(1))] = row.GetString(2);
        }

        foreach (var stop in stops)
        {
            var (status, ids) = (statuses[stop.Key], $"{ClientCalls.Person(stop.First())} enrollment={stop.Key.EnrollmentId}");
            if (stop.Any(call => call.Outcome == ClientOutcome.Ok) && (status.Length == 0 || status == "ACTIVE"))
                ClientCalls.Found(look, FindingKind.Lost, stop.Key.Site, ids, status.Length > 0 ? "Its stop was acknowledged, but it is still active." : "Its stop was acknowledged, but it does not exist.");
            else if (stop.All(call => call.Outcome == ClientOutcome.Failed) && status == "STOPPED")
                ClientCalls.Found(look, FindingKind.Unexpected, stop.Key.Site, ids, "Every call to stop it was refused, but it was stopped.");
        }
    }
}
