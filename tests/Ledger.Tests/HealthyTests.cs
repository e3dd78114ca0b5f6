namespace Journeys.Ledgers.Tests;

[Collection(SharedTown.Name)]
public sealed class HealthyTests(Town town)
{
    [Fact]
    public async Task Nothing_is_found_where_the_services_were_at_work_undisturbed()
    {
        var report = await new Ledger(town.Options(await town.Unharmed)).CheckAsync(CancellationToken.None);

        Assert.Empty(report.Findings);
        Assert.True(report.IsHealthy);
        Assert.Equal(
            ["outbox", "failed messages", "set aside", "erasures", "jobs"],
            report.Checks.Where(check => check.Rows == 0).Select(check => check.Check));
    }

    [Fact]
    public async Task Nothing_is_found_where_an_earlier_release_stored_no_times()
    {
        const string forget = """
            update enrollment.journey set moved_at = null;
            update enrollment.journey_version set published_at = null;
            update enrollment.audience set changed_at = null;
            update scheduler.journey set moved_at = null, published_at = null;
            update scheduler.audience set changed_at = null
            """;

        var report = await new Ledger(town.Options(await town.CopyAsync(forget))).CheckAsync(CancellationToken.None);

        Assert.Empty(report.Findings);
    }

    [Fact]
    public async Task Nothing_is_found_of_what_is_under_way()
    {
        var now = $"'{town.Now:O}'::timestamptz";
        var harm = $$"""
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids, started_at)
            values ('{shop}', '{nowhere}', '{nowhere}', '{}', {{now}} - interval '1 hour');
            update scheduler.job set status = 'RUNNING', ended_at = null, updated_at = {{now}}
            where kind = 'ERASURE' and site_id = '{club}';
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids)
            select site_id, '{nowhere}', job_id, '{}' from scheduler.job where kind = 'ERASURE' and site_id = '{club}';
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids) values ('{school}', '{nowhere}', '{nowhere}', '{}');
            insert into enrollment.erased_person (site_id, id_hash, erased_at, job_id)
            values ('{school}', sha256('nobody'), {{now}} - interval '1 minute', '{nowhere}');
            insert into enrollment.redaction (site_id, profile_id, id_hashes, reached, until, created_at)
            values ('{shop}', '{nowhere}', '{}', '{nowhere}', '{nowhere}', {{now}} - interval '1 hour');
            update enrollment.content_outcome set counted = false where enrollment_id = '{nat}';
            insert into enrollment.statistic_change (site_id, journey_id, version, entry_day, kind, node_id, label, amount)
            select site_id, journey_id, version, (entered_at at time zone 'UTC')::date, 'REPORTED', 'hello', 'COMPLETED', -1
            from enrollment.enrollment where enrollment_id = '{nat}';
            update definition.move set acknowledged_at = null, moved_at = {{now}} where journey_id = '{dates}';
            update enrollment.journey set moved_at = {{now}} where journey_id = '{dates}';
            update scheduler.journey set moved_at = {{now}} where journey_id = '{dates}';
            update definition.journey set resume_at = {{now}} where journey_id = '{paused}'
            """;

        var report = await new Ledger(town.Options(await town.CopyAsync(harm))).CheckAsync(CancellationToken.None);

        Assert.Empty(report.Findings);
    }
}
