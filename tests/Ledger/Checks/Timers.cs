namespace Journeys.Ledgers.Checks;

/// <summary>
/// Every wait for a time has the timer that ends it, and every timer belongs to the present visit of an enrollment.
/// </summary>
/// <remarks>
/// Both sides are read in the order of their ids and merged, so that a million of each need no memory.
/// </remarks>
public sealed class Timers : ICheck
{
    sealed record Sleeper(
        Guid EnrollmentId, int VisitNo, Guid SiteId, Guid JourneyId, DateTimeOffset WakeAt, bool IsFuture, bool IsOverdue, string JourneyStatus, bool IsHeld, bool IsLeftAlone);

    sealed record Timer(Guid EnrollmentId, int VisitNo, Guid SiteId, Guid JourneyId, DateTimeOffset DueAt, bool IsParked, bool IsBeingReleased);

    const string OfPeople = "timers";

    // A separate name, because a timer that was cancelled before its request arrived stays until it is due, which is
    // harmless.
    const string OfNobody = "old timers";

    // A timer that arrived too early by the Scheduler's clock is requested again, later by the clock skew, at most half
    // a second.
    static readonly TimeSpan ClocksDiffer = TimeSpan.FromSeconds(1);

    public IReadOnlyList<string> Names => [OfPeople, OfNobody];

    // Requests and elapsed timers are sent by messages.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        await using var sleepers = SleepersAsync(look.Snapshot.Enrollment, ct).GetAsyncEnumerator(ct);
        await using var timers = TimersAsync(look.Snapshot.Scheduler, ct).GetAsyncEnumerator(ct);
        var (rows, hasTimer) = (0L, await timers.MoveNextAsync());
        var own = new List<Timer>();
        while (await sleepers.MoveNextAsync())
        {
            rows++;
            var sleeper = sleepers.Current;
            own.Clear();
            for (; hasTimer && timers.Current.EnrollmentId.CompareTo(sleeper.EnrollmentId) <= 0; hasTimer = await timers.MoveNextAsync(), rows++)
            {
                if (timers.Current.EnrollmentId == sleeper.EnrollmentId && timers.Current.VisitNo == sleeper.VisitNo)
                    own.Add(timers.Current);
                else
                    FoundOld(look, timers.Current);
            }

            Judge(look, sleeper, own);
        }

        for (; hasTimer; hasTimer = await timers.MoveNextAsync(), rows++)
            FoundOld(look, timers.Current);
        look.Saw(OfPeople, rows);
        look.Saw(OfNobody, rows);
    }

    static void Judge(Look look, Sleeper sleeper, IReadOnlyList<Timer> own)
    {
        if (own.FirstOrDefault(timer => timer.SiteId != sleeper.SiteId || timer.JourneyId != sleeper.JourneyId) is { } stray)
            Found(look, sleeper, FindingKind.Unexpected, $"Its timer is of site {stray.SiteId} and journey {stray.JourneyId}, and the enrollment is not.");
        if (own.Count(timer => !timer.IsParked) > 1)
            Found(look, sleeper, FindingKind.Doubled, "The visit has more than one timer.");
        if (sleeper.IsLeftAlone)
            return;

        if (own.Count == 0)
            JudgeWithout(look, sleeper);
        else if (own.All(timer => timer.IsParked))
        {
            if (sleeper.JourneyStatus != "PAUSED" && !own.Any(timer => timer.IsBeingReleased))
                Found(look, sleeper, FindingKind.Stuck, $"Its timer is parked, its journey is {sleeper.JourneyStatus}, and nothing releases it.");
        }
        else if (own.Where(timer => !timer.IsParked).Min(timer => timer.DueAt) is var due && due > sleeper.WakeAt + ClocksDiffer)
            Found(look, sleeper, FindingKind.Late, $"It is to be woken at {sleeper.WakeAt:O}, and its timer is due at {due:O}.");
        else if (sleeper.IsOverdue && sleeper.JourneyStatus != "PAUSED")
            Found(look, sleeper, FindingKind.Late, $"It should have been woken at {sleeper.WakeAt:O}, and its timer is not sent.");
    }

    static void JudgeWithout(Look look, Sleeper sleeper)
    {
        if (sleeper.IsFuture)
            Found(look, sleeper, FindingKind.Stuck, $"It is to be woken at {sleeper.WakeAt:O}, and there is no timer.");
        else if (sleeper.IsOverdue && sleeper.JourneyStatus == "PAUSED" && !sleeper.IsHeld)
            Found(look, sleeper, FindingKind.Stuck, $"Its wait ended at {sleeper.WakeAt:O} during the pause, and neither a timer nor a held signal will move it after.");
        else if (sleeper.IsOverdue && sleeper.JourneyStatus != "PAUSED")
            Found(look, sleeper, FindingKind.Late, $"It should have been woken at {sleeper.WakeAt:O}; it has no timer and was not moved.");
    }

    static async IAsyncEnumerable<Sleeper> SleepersAsync(
        DatabaseSnapshot enrollment, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        // Enrollments that are set aside are retried without a timer, and those in an archived version are about to be
        // archived.
        const string sql = """
            select e.enrollment_id, e.visit_no, e.site_id, e.journey_id, e.wake_at,
                   e.wake_at > clock.now, e.wake_at < clock.now - @patience, coalesce(j.status, 'unknown'),
                   exists (select from enrollment.held_signal h where h.site_id = e.site_id and h.enrollment_id = e.enrollment_id),
                   e.version <= coalesce(j.archived_version, 0)
                       or exists (select from enrollment.set_aside a where a.site_id = e.site_id and a.enrollment_id = e.enrollment_id)
            from (select coalesce(@now, now()) as now) as clock
            cross join enrollment.enrollment e
            left join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
            where e.wake_at is not null and e.status = 'ACTIVE' and (@site is null or e.site_id = @site)
            order by e.enrollment_id, e.site_id
            """;

        await foreach (var row in enrollment.ReadAsync(sql, ct))
        {
            yield return new(
                row.GetGuid(0), row.GetInt32(1), row.GetGuid(2), row.GetGuid(3), row.GetFieldValue<DateTimeOffset>(4), row.GetBoolean(5), row.GetBoolean(6),
                row.GetString(7), row.GetBoolean(8), row.GetBoolean(9));
        }
    }

    static async IAsyncEnumerable<Timer> TimersAsync(
        DatabaseSnapshot scheduler, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        // Parked timers of a resumed journey are released at a bounded rate, which may take long.
        const string sql = """
            select t.enrollment_id, t.visit_no, t.site_id, t.journey_id, t.due_at, t.parked,
                   coalesce(j.released_at > coalesce(@now, now()) - interval '1 minute', false)
            from (
                select enrollment_id, visit_no, site_id, journey_id, due_at, false as parked from scheduler.timer where not cancelled
                union all
                select enrollment_id, visit_no, site_id, journey_id, due_at, true from scheduler.parked_timer) as t
            left join scheduler.journey j on j.site_id = t.site_id and j.journey_id = t.journey_id
            where (@site is null or t.site_id = @site)
            order by t.enrollment_id, t.visit_no
            """;

        await foreach (var row in scheduler.ReadAsync(sql, ct))
        {
            yield return new(
                row.GetGuid(0), row.GetInt32(1), row.GetGuid(2), row.GetGuid(3), row.GetFieldValue<DateTimeOffset>(4), row.GetBoolean(5), row.GetBoolean(6));
        }
    }

    static void Found(Look look, Sleeper about, FindingKind kind, string what) =>
        look.Found(new Finding(OfPeople, kind, about.SiteId, $"enrollment={about.EnrollmentId} visit={about.VisitNo}", what));

    static void FoundOld(Look look, Timer about) => look.Found(new Finding(
        OfNobody, FindingKind.Unexpected, about.SiteId, $"enrollment={about.EnrollmentId} visit={about.VisitNo}",
        "The timer belongs to nobody's present visit, so it will move nobody."));
}
