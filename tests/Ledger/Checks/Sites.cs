namespace Journeys.Ledgers.Checks;

/// <summary>No row crosses sites: the row that it belongs to exists on the same site.</summary>
/// <remarks>Rows of a person who is being erased have no owner until the erasure's job has removed them.</remarks>
public sealed class Sites : ICheck
{
    public IReadOnlyList<string> Names => ["sites"];

    // Each database is checked by itself, as of one moment.
    public bool Settles => false;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = """
            select (select count(*) from enrollment.enrollment where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.visit where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.content_outcome where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.response where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.event where (@site is null or site_id = @site))
                 + (select count(*) from enrollment.visitor where (@site is null or site_id = @site))
            """;

        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        foreach (var sql in (string[])[OfEnrollments, OfProfiles, OfJourneys])
            await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct);
        await look.FindAsync(Names[0], look.Snapshot.Definition, OfDefinition, ct);
        await look.FindAsync(Names[0], look.Snapshot.Scheduler, OfScheduler, ct);
    }

    // Rows that belong to an enrollment.
    const string OfEnrollments = """
        with erased as materialized (select site_id, unnest(enrollment_ids) as enrollment_id from enrollment.erasure),
        child as (
            select 'visit' as kind, site_id, enrollment_id, visit_no::text as id from enrollment.visit
            union all
            select 'contentOutcome', site_id, enrollment_id, visit_no::text from enrollment.content_outcome
            union all
            select 'response', site_id, enrollment_id, visit_no::text from enrollment.response
            union all
            select 'heldSignal', site_id, enrollment_id, held_signal_id::text from enrollment.held_signal
        ), orphan as materialized (
            select kind, site_id, enrollment_id, id
            from child
            where (@site is null or site_id = @site)
              and not exists (select from enrollment.enrollment e where e.site_id = child.site_id and e.enrollment_id = child.enrollment_id)
              and not exists (select from erased where erased.site_id = child.site_id and erased.enrollment_id = child.enrollment_id)
        )
        select case when owner.site_id is null then 'Lost' else 'Unexpected' end, orphan.site_id,
               format('enrollment=%s %s=%s', orphan.enrollment_id, orphan.kind, orphan.id),
               coalesce('The enrollment is of site ' || owner.site_id || ', and this is not.', 'The enrollment that it belongs to is gone.')
        from orphan
        left join enrollment.enrollment owner on owner.enrollment_id = orphan.enrollment_id and owner.site_id <> orphan.site_id
        order by 2, 3
        """;

    // Rows that belong to a person.
    const string OfProfiles = """
        with child as (
            select 'enrollment' as kind, site_id, profile_id, enrollment_id::text as id from enrollment.enrollment
            union all
            select 'event', site_id, profile_id, event_id from enrollment.event
            union all
            select 'contentOutcome', site_id, profile_id, enrollment_id || '/' || visit_no from enrollment.content_outcome
            union all
            select 'visitor', site_id, profile_id, anonymous_id from enrollment.visitor
            union all
            select 'listMember', site_id, profile_id, list_id::text from enrollment.user_list_member
        ), orphan as materialized (
            select kind, site_id, profile_id, id
            from child
            where (@site is null or site_id = @site)
              and not exists (select from enrollment.profile p where p.site_id = child.site_id and p.profile_id = child.profile_id)
              and not exists (select from enrollment.erasure gone where gone.site_id = child.site_id and gone.profile_id = child.profile_id)
        )
        select case when owner.site_id is null then 'Lost' else 'Unexpected' end, orphan.site_id,
               format('%s=%s profile=%s', orphan.kind, orphan.id, orphan.profile_id),
               coalesce('The person is of site ' || owner.site_id || ', and this is not.', 'The person that it belongs to is gone.')
        from orphan
        left join enrollment.profile owner on owner.profile_id = orphan.profile_id and owner.site_id <> orphan.site_id
        order by 2, 3
        """;

    // Rows that belong to a journey. Counts are grouped by journey, so that each journey is reported once.
    const string OfJourneys = """
        with child as (
            select distinct 'enrollments' as kind, site_id, journey_id from enrollment.enrollment
            union
            select 'counts', site_id, journey_id from enrollment.journey_statistic
            union
            select 'counts', site_id, journey_id from enrollment.statistic_change
            union
            select 'versions', site_id, journey_id from enrollment.journey_version
        ), orphan as (
            select kind, site_id, journey_id
            from child
            where (@site is null or site_id = @site)
              and not exists (select from enrollment.journey j where j.site_id = child.site_id and j.journey_id = child.journey_id)
        )
        select case when owner.site_id is null then 'Lost' else 'Unexpected' end, orphan.site_id, format('journey=%s table=%s', orphan.journey_id, orphan.kind),
               coalesce('The journey is of site ' || owner.site_id || ', and these rows are not.', 'The journey that these rows belong to is not known.')
        from orphan
        left join enrollment.journey owner on owner.journey_id = orphan.journey_id and owner.site_id <> orphan.site_id
        order by 2, 3
        """;

    // Foreign keys forbid it, unless a restore left them out.
    const string OfDefinition = """
        with orphan as (
            select distinct site_id, format('journey=%s table=version', journey_id) as ids, 'journey' as what,
                   (select max(j.site_id::text) from definition.journey j where j.journey_id = version.journey_id) as owner
            from definition.version
            where not exists (select from definition.journey j where j.site_id = version.site_id and j.journey_id = version.journey_id)
            union all
            select distinct site_id, format('audience=%s journey=%s', audience_id, journey_id), 'journey',
                   (select max(j.site_id::text) from definition.journey j where j.journey_id = used.journey_id)
            from definition.audience_use used
            where not exists (select from definition.journey j where j.site_id = used.site_id and j.journey_id = used.journey_id)
            union all
            select distinct site_id, format('audience=%s journey=%s', audience_id, journey_id), 'audience',
                   (select max(a.site_id::text) from definition.audience a where a.audience_id = used.audience_id)
            from definition.audience_use used
            where not exists (select from definition.audience a where a.site_id = used.site_id and a.audience_id = used.audience_id)
        )
        select case when owner is null then 'Lost' else 'Unexpected' end, site_id, ids,
               case when owner is null then format('The %s that it belongs to is gone.', what)
                    else format('The %s is of site %s, and this is not.', what, owner) end
        from orphan
        where @site is null or site_id = @site
        order by 2, 3
        """;

    // A job may be here before its journey, so a journey that no site has is no finding.
    const string OfScheduler = """
        select 'Unexpected', job.site_id, format('job=%s journey=%s', job.job_id, job.journey_id),
               format('The journey is of site %s, and this is not.', journey.site_id)
        from scheduler.job
        join scheduler.journey on journey.journey_id = job.journey_id and journey.site_id <> job.site_id
        where (@site is null or job.site_id = @site)
          and not exists (select from scheduler.journey own where own.site_id = job.site_id and own.journey_id = job.journey_id)
        order by 2, 3
        """;
}
