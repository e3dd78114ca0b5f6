using Npgsql;

namespace Journeys.Ledgers.Checks;

/// <summary>
/// Signals are held only while the journey is paused or being released, or the enrollment is set aside.
/// </summary>
public sealed class HeldSignals : ICheck
{
    public IReadOnlyList<string> Names => ["held signals"];

    // The job that releases them may not have started yet.
    public bool Settles => true;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = "select count(*) from enrollment.held_signal where (@site is null or site_id = @site)";
        const string sql = """
            select 'Stuck', h.site_id, format('enrollment=%s journey=%s heldSignal=%s', h.enrollment_id, h.journey_id, h.held_signal_id),
                   format('It is held since %s, and its journey is %s.', h.held_at, coalesce(lower(j.status), 'unknown'))
            from enrollment.held_signal h
            join enrollment.enrollment e on e.site_id = h.site_id and e.enrollment_id = h.enrollment_id
            left join enrollment.journey j on j.site_id = h.site_id and j.journey_id = h.journey_id
            where (@site is null or h.site_id = @site) and j.status is distinct from 'PAUSED' and h.journey_id <> all(@released)
              and not exists (select from enrollment.set_aside a where a.site_id = h.site_id and a.enrollment_id = h.enrollment_id)
            order by h.site_id, h.enrollment_id, h.held_signal_id
            """;

        var released = await RunningJobs.JourneysAsync(look.Snapshot.Scheduler, "RELEASE", ct);
        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct, new NpgsqlParameter("released", released));
    }
}
