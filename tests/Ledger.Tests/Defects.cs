namespace Journeys.Ledgers.Tests;

/// <summary>Harm by name: the statement that does it, and what the ledger has to say.</summary>
static class Defects
{
    public static readonly Dictionary<string, (string Harm, string[] Expected)> All = new()
    {
        ["a wait that stopped and is not longer"] = (
            """
            insert into enrollment.frozen_pause (site_id, journey_id, paused_at, resumed_at, noted_at)
            select site_id, journey_id, waiting_since + interval '1 second', waiting_since + interval '1 minute', waiting_since
            from enrollment.enrollment where enrollment_id = '{nat}';
            update enrollment.enrollment set thawed_at = waiting_since where enrollment_id = '{nat}'
            """,
            ["Early waits: enrollment={nat} visit=3"]),
        ["a visit is gone"] = (
            "delete from enrollment.visit where enrollment_id = '{cleo}' and visit_no = 4",
            ["Lost visits: enrollment={cleo} visit=4", "Unexpected analytics: journey={tour} version=1 count=MOVED"]),
        ["the last visit is gone"] = (
            "delete from enrollment.visit where enrollment_id = '{nat}' and visit_no = 3",
            ["Lost visits: enrollment={nat} visit=3", "Doubled analytics: journey={tour} version=2 count=MOVED"]),
        ["all visits are gone"] = (
            "delete from enrollment.visit where enrollment_id = '{ada}'",
            ["Lost visits: enrollment={ada} visit=2", "Doubled analytics: journey={tour} version=1 count=MOVED"]),
        ["a visit is there twice"] = (
            """
            alter table enrollment.visit drop constraint visit_pkey;
            insert into enrollment.visit select * from enrollment.visit where enrollment_id = '{ada}' and visit_no = 2
            """,
            ["Doubled visits: enrollment={ada} visit=2", "Lost analytics: journey={tour} version=1 count=MOVED"]),
        ["a visit without a step"] = (
            """
            insert into enrollment.visit (site_id, enrollment_id, visit_no, node_id, branch, cause, entered_at)
            select site_id, enrollment_id, 3, 'rest', '', 'report:COMPLETED', entered_at + interval '1 day' from enrollment.visit where enrollment_id = '{ada}' and visit_no = 2
            """,
            ["Lost visits: enrollment={ada} visit=2", "Lost analytics: journey={tour} version=1 count=MOVED"]),
        ["time runs backwards"] = (
            "update enrollment.visit set entered_at = entered_at - interval '1 day' where enrollment_id = '{cleo}' and visit_no = 5",
            ["Unexpected visits: enrollment={cleo} visit=5", "Unexpected analytics: journey={tour} version=1 count=MOVED"]),
        ["an enrollment elsewhere than its history"] = (
            "update enrollment.enrollment set waiting_since = waiting_since - interval '1 second' where enrollment_id = '{lea}'",
            ["Unexpected visits: enrollment={lea} visit=3"]),
        ["a step along no edge"] = (
            "update enrollment.visit set node_id = 'hold' where enrollment_id = '{bob}' and visit_no = 3",
            [
                "Unexpected paths: enrollment={bob} visit=3", "Unexpected paths: enrollment={bob} visit=4",
                "Unexpected analytics: journey={tour} version=1 count=MOVED", "Early waits: enrollment={bob} visit=4",
            ]),
        ["a branch that is none"] = (
            "update enrollment.visit set branch = 'elsewhere' where enrollment_id = '{cleo}' and visit_no = 5",
            ["Unexpected paths: enrollment={cleo} visit=5", "Unexpected analytics: journey={tour} version=1 count=MOVED"]),
        ["a beginning that is no trigger"] = (
            "update enrollment.visit set branch = 'event' where enrollment_id = '{ada}' and visit_no = 1",
            ["Unexpected paths: enrollment={ada} visit=1", "Unexpected analytics: journey={tour} version=1 count=MOVED"]),
        ["a variant that is another's"] = (
            """
            update enrollment.visit set branch = case branch when 'a' then 'b' else 'a' end where enrollment_id = '{dora}' and visit_no = 7
            """,
            ["Unexpected paths: enrollment={dora} visit=7", "Unexpected analytics: journey={tour} version=1 count=MOVED"]),
        ["a version that is none"] = (
            "update enrollment.enrollment set version = 9 where enrollment_id = '{lea}'",
            [
                "Unexpected paths: enrollment={lea}", "Lost analytics: journey={dates} version=9 count=MOVED", "Lost analytics: journey={dates} version=9 count=STATUS",
                "Doubled analytics: journey={dates} version=1 count=MOVED", "Doubled analytics: journey={dates} version=1 count=STATUS",
                "Lost copies: journey={dates} version=9 service=enrollment",
            ]),
        ["an outcome that is no exit's"] = (
            "update enrollment.enrollment set outcome = 'lost' where enrollment_id = '{cleo}'",
            ["Unexpected paths: enrollment={cleo}", "Unexpected analytics: journey={tour} version=1 count=OUTCOME"]),
        ["an outcome that is no exit rule's"] = (
            "update enrollment.enrollment set outcome = 'done' where enrollment_id = '{sue}'",
            ["Unexpected paths: enrollment={sue}", "Unexpected analytics: journey={leaving} version=1 count=OUTCOME"]),
        ["an exit rule that is none"] = (
            "update enrollment.enrollment set outcome = 'Bought' where enrollment_id = '{tom}'",
            ["Unexpected paths: enrollment={tom}"]),
        ["a wait that ended early"] = (
            "update enrollment.visit set entered_at = entered_at - interval '1 millisecond' where enrollment_id = '{bob}' and visit_no = 4",
            ["Early waits: enrollment={bob} visit=4"]),
        ["a time-out that came early"] = (
            """
            update enrollment.visit set entered_at = entered_at - interval '2 hours' where enrollment_id = '{bob}' and visit_no = 5;
            update enrollment.enrollment set waiting_since = waiting_since - interval '2 hours' where enrollment_id = '{bob}'
            """,
            ["Early waits: enrollment={bob} visit=5", "Unexpected analytics: journey={tour} version=1 count=MOVED"]),
        ["a date that was not waited for"] = (
            """
            insert into enrollment.visit (site_id, enrollment_id, visit_no, node_id, branch, cause, entered_at)
            select site_id, enrollment_id, 4, 'end', '', 'timer', '2026-05-31 23:59:59.999Z' from enrollment.visit where enrollment_id = '{lea}' and visit_no = 3;
            update enrollment.enrollment
            set visit_no = 4, node_id = 'end', waiting_for = 'NOTHING', waiting_since = '2026-05-31 23:59:59.999Z', wake_at = null, status = 'COMPLETED',
                outcome = 'done', ended_at = '2026-05-31 23:59:59.999Z'
            where enrollment_id = '{lea}';
            delete from scheduler.timer where enrollment_id = '{lea}'
            """,
            [
                "Early waits: enrollment={lea} visit=4", "Lost analytics: journey={dates} version=1 count=MOVED", "Lost analytics: journey={dates} version=1 count=ENDED",
                "Unexpected analytics: journey={dates} version=1 count=STATUS", "Lost analytics: journey={dates} version=1 count=OUTCOME",
                "Lost analytics: journey={dates} version=1 count=DONE_ON",
            ]),
        ["a wait that will end early"] = (
            """
            update enrollment.enrollment set wake_at = wake_at - interval '1 minute' where enrollment_id = '{nat}';
            update scheduler.timer set due_at = due_at - interval '1 minute' where enrollment_id = '{nat}'
            """,
            ["Early waits: enrollment={nat} visit=3"]),
        ["a wait that will end late"] = (
            """
            update enrollment.enrollment set wake_at = wake_at + interval '1 minute' where enrollment_id = '{nat}';
            update scheduler.timer set due_at = due_at + interval '1 minute' where enrollment_id = '{nat}'
            """,
            ["Late waits: enrollment={nat} visit=3"]),
        ["a time-out that nobody knows of"] = (
            "update enrollment.enrollment set wake_at = null where enrollment_id = '{ada}'; delete from scheduler.timer where enrollment_id = '{ada}'",
            ["Stuck waits: enrollment={ada} visit=2"]),
        ["a timer that no node asked for"] = (
            "update enrollment.visit set cause = 'timer' where enrollment_id = '{fay}' and visit_no = 8",
            ["Unexpected waits: enrollment={fay} visit=8"]),
        ["a wake-up that no node asked for"] = (
            """
            update enrollment.enrollment set wake_at = waiting_since + interval '90 days' where enrollment_id = '{dora}';
            insert into scheduler.timer (shard, due_at, site_id, journey_id, enrollment_id, visit_no)
            select 0, wake_at, site_id, journey_id, enrollment_id, visit_no from enrollment.enrollment where enrollment_id = '{dora}'
            """,
            ["Unexpected waits: enrollment={dora} visit=8"]),
        ["somebody who waits for nothing"] = (
            """
            alter table enrollment.enrollment drop constraint enrollment_check;
            update enrollment.enrollment set waiting_for = 'NOTHING' where enrollment_id = '{olga}'
            """,
            ["Stuck positions: enrollment={olga}"]),
        ["somebody who waits for what never comes"] = (
            "update enrollment.enrollment set waiting_for = 'EVENT' where enrollment_id = '{olga}'",
            ["Stuck positions: enrollment={olga}"]),
        ["somebody who waits for a time that nobody knows"] = (
            "alter table enrollment.enrollment drop constraint enrollment_check1; "
            + "update enrollment.enrollment set wake_at = null where enrollment_id = '{nat}'; delete from scheduler.timer where enrollment_id = '{nat}'",
            ["Stuck positions: enrollment={nat}", "Stuck waits: enrollment={nat} visit=3"]),
        ["two newest attempts"] = (
            "drop index enrollment.enrollment_latest; update enrollment.enrollment set is_latest = true where profile_id = '{hal's person}'",
            ["Doubled attempts: journey={tour} profile={hal's person}"]),
        ["no newest attempt"] = (
            "update enrollment.enrollment set is_latest = false where profile_id = '{cleo's person}'",
            ["Lost attempts: journey={tour} profile={cleo's person}"]),
        ["the newest attempt is not the one under way"] = (
            "update enrollment.enrollment set is_latest = false where enrollment_id = '{hal}'; "
            + "update enrollment.enrollment set is_latest = true where profile_id = '{hal's person}' and attempt = 1",
            ["Stuck attempts: journey={tour} profile={hal's person}"]),
        ["an attempt is missing"] = (
            "update enrollment.enrollment set attempt = 3 where enrollment_id = '{hal}'",
            ["Lost attempts: journey={tour} profile={hal's person}"]),
        ["two attempts with one number"] = (
            "alter table enrollment.enrollment drop constraint enrollment_attempt; update enrollment.enrollment set attempt = 1 where enrollment_id = '{hal}'",
            ["Doubled attempts: journey={tour} profile={hal's person}"]),
        ["a timer is gone"] = (
            "delete from scheduler.timer where enrollment_id = '{nat}'",
            ["Stuck timers: enrollment={nat} visit=3"]),
        ["a timer is gone, and its time has come"] = (
            """
            update enrollment.enrollment set waiting_since = waiting_since - interval '2 hours', wake_at = wake_at - interval '2 hours' where enrollment_id = '{nat}';
            update enrollment.visit set entered_at = entered_at - interval '2 hours' where enrollment_id = '{nat}';
            delete from scheduler.timer where enrollment_id = '{nat}'
            """,
            ["Late timers: enrollment={nat} visit=3"]),
        ["a timer that is due and not sent"] = (
            """
            update enrollment.enrollment set waiting_since = waiting_since - interval '2 hours', wake_at = wake_at - interval '2 hours' where enrollment_id = '{nat}';
            update enrollment.visit set entered_at = entered_at - interval '2 hours' where enrollment_id = '{nat}';
            update scheduler.timer set due_at = due_at - interval '2 hours' where enrollment_id = '{nat}'
            """,
            ["Late timers: enrollment={nat} visit=3"]),
        ["a timer that is too late"] = (
            "update scheduler.timer set due_at = due_at + interval '1 minute' where enrollment_id = '{nat}'",
            ["Late timers: enrollment={nat} visit=3"]),
        ["a timer of an old visit"] = (
            "insert into scheduler.timer select shard, due_at, site_id, journey_id, enrollment_id, 2 from scheduler.timer where enrollment_id = '{nat}'",
            ["Unexpected old timers: enrollment={nat} visit=2"]),
        ["a timer of nobody"] = (
            "insert into scheduler.timer select shard, due_at, site_id, journey_id, '{nowhere}', 2 from scheduler.timer where enrollment_id = '{nat}'",
            ["Unexpected old timers: enrollment={nowhere} visit=2"]),
        ["two timers of one visit"] = (
            "insert into scheduler.timer select (shard + 1) % 64, due_at, site_id, journey_id, enrollment_id, visit_no from scheduler.timer where enrollment_id = '{nat}'",
            ["Doubled timers: enrollment={nat} visit=3"]),
        ["a timer of another site"] = (
            "update scheduler.timer set site_id = '{school}' where enrollment_id = '{nat}'",
            ["Unexpected timers: enrollment={nat} visit=3"]),
        ["a timer that is parked for no pause"] = (
            """
            with taken as (delete from scheduler.timer where enrollment_id = '{nat}' returning site_id, journey_id, due_at, enrollment_id, visit_no)
            insert into scheduler.parked_timer select * from taken
            """,
            ["Stuck timers: enrollment={nat} visit=3"]),
        ["a parked timer is gone"] = (
            "delete from scheduler.parked_timer where enrollment_id = '{sleeper-paused}'",
            ["Stuck timers: enrollment={sleeper-paused} visit=3"]),
        ["a message that is never sent"] = (
            "insert into enrollment.outbox (outbox_id, message_type, body) values ('{nowhere}', 'journeys.events.v1.TimersRequested', '')",
            ["Stuck outbox: service=enrollment message={nowhere}"]),
        ["a message of the Scheduler that is never sent"] = (
            "insert into scheduler.outbox (outbox_id, message_type, body) values ('{nowhere}', 'journeys.events.v1.ChunkRequested', '')",
            ["Stuck outbox: service=scheduler message={nowhere}"]),
        ["a message of Definition that is never sent"] = (
            "insert into definition.outbox (outbox_id, message_type, body) values ('{nowhere}', 'journeys.events.v1.JourneyPaused', '')",
            ["Stuck outbox: service=definition message={nowhere}"]),
        ["a message that fails again and again"] = (
            """
            insert into scheduler.failed_message
                (failed_message_id, queue, message_id, message_type, body, cause, error_type, error, tries, failures, site_ids, next_try_at)
            values ('{nowhere}', 'scheduler.timers-requested', '{nowhere}', 'journeys.events.v1.TimersRequested', '', 'PASSING', 'Timeout', 'No answer.', 0, 5, '{}', now())
            """,
            ["Stuck failed messages: service=scheduler failedMessage={nowhere}"]),
        ["a signal that is held for no pause"] = (
            """
            insert into enrollment.held_signal (site_id, enrollment_id, held_signal_id, journey_id, signal, held_at)
            overriding system value
            select site_id, enrollment_id, 777, journey_id, '{"timerOfVisit": 3}', updated_at from enrollment.enrollment where enrollment_id = '{nat}'
            """,
            ["Stuck held signals: enrollment={nat} journey={tour} heldSignal=777"]),
        ["somebody who is set aside"] = (
            """
            insert into enrollment.set_aside (site_id, enrollment_id, journey_id, signal, cause, failures, first_failed_at, last_failed_at, next_try_at)
            select site_id, enrollment_id, journey_id, '', 'It fails.', 3, updated_at, updated_at, updated_at from enrollment.enrollment where enrollment_id = '{nat}'
            """,
            ["Stuck set aside: enrollment={nat} journey={tour}"]),
        ["somebody whom archiving forgot"] = (
            "update enrollment.journey set archived_version = 1, archived_at = '2026-03-01' where journey_id = '{paused}'",
            ["Stuck archiving: enrollment={reader-paused} journey={paused}", "Stuck archiving: enrollment={sleeper-paused} journey={paused}"]),
        ["a pause that Enrollment did not hear of"] = (
            "update enrollment.journey set status = 'PUBLISHED', change_no = 1 where journey_id = '{resumed}'",
            ["Stuck copies: journey={resumed} service=enrollment"]),
        ["an audience that nobody else heard of"] = (
            """
            insert into definition.audience (site_id, audience_id, name, rule, revision, created_at, updated_at)
            values ('{shop}', '{nowhere}', 'Members', '', 2, '2026-03-01', '2026-03-01')
            """,
            ["Lost copies: audience={nowhere} service=enrollment", "Lost copies: audience={nowhere} service=scheduler"]),
        ["a change of an audience that the Scheduler did not hear of"] = (
            """
            insert into definition.audience (site_id, audience_id, name, rule, revision, created_at, updated_at)
            values ('{shop}', '{nowhere}', 'Members', '', 2, '2026-03-01', '2026-03-01');
            insert into enrollment.audience (site_id, audience_id, revision, name, rule) values ('{shop}', '{nowhere}', 2, 'Members', '');
            insert into scheduler.audience (site_id, audience_id, revision, time_dependent, uses) values ('{shop}', '{nowhere}', 1, false, '{}')
            """,
            ["Stuck copies: audience={nowhere} service=scheduler"]),
        ["a change with the number of one that was lost"] = (
            "update enrollment.journey set moved_at = moved_at - interval '1 day' where journey_id = '{dates}'",
            ["Stuck copies: journey={dates} service=enrollment"]),
        ["a change of the Scheduler's with the number of one that was lost"] = (
            "update scheduler.journey set moved_at = moved_at + interval '1 day' where journey_id = '{dates}'",
            ["Stuck copies: journey={dates} service=scheduler"]),
        ["a version with the number of one that was lost"] = (
            """
            update enrollment.journey_version set published_at = published_at - interval '1 day'
            where journey_id = '{tour}' and version = 1
            """,
            ["Stuck copies: journey={tour} version=1 service=enrollment"]),
        ["a version of the Scheduler's with the number of one that was lost"] = (
            "update scheduler.journey set published_at = published_at - interval '1 day' where journey_id = '{tour}'",
            ["Stuck copies: journey={tour} version=2 service=scheduler"]),
        ["a version that somebody is inside is gone"] = (
            "delete from enrollment.journey_version where journey_id = '{tour}' and version = 1",
            ["Lost copies: journey={tour} version=1 service=enrollment"]),
        ["an audience with the revision of one that was lost"] = (
            "update scheduler.audience set changed_at = changed_at - interval '1 day' where audience_id = '{pros}'",
            ["Stuck copies: audience={pros} service=scheduler"]),
        ["an audience that is deleted and still used"] = (
            "update enrollment.audience set rule = '' where audience_id = '{former}'",
            ["Stuck copies: audience={former} service=enrollment"]),
        ["an audience whose deletion the Scheduler did not hear of"] = (
            "update scheduler.audience set revision = revision - 1 where audience_id = '{former}'",
            ["Stuck copies: audience={former} service=scheduler"]),
        ["an audience that Enrollment takes for deleted"] = (
            "update enrollment.audience set rule = null where audience_id = '{pros}'",
            ["Stuck copies: audience={pros} service=enrollment"]),
        ["an audience that Definition does not know any more"] = (
            "insert into enrollment.audience (site_id, audience_id, revision, name, rule) values ('{shop}', '{nowhere}', 1, 'Members', '')",
            ["Unexpected copies: audience={nowhere} service=enrollment"]),
        ["a halt with the number of one that was lost"] = (
            """
            insert into definition.site_halt (site_id, change_no, halted, changed_by, reason, changed_at, acknowledged_at)
            values ('{nowhere}', 1, true, '', '', '2026-03-01', '2026-03-01');
            insert into enrollment.site_halt (site_id, change_no, halted, changed_at) values ('{nowhere}', 1, true, '2026-03-01');
            insert into scheduler.site_halt (site_id, change_no, halted, changed_at) values ('{nowhere}', 1, true, '2026-02-28')
            """,
            ["Stuck copies: site={nowhere} service=scheduler"]),
        ["a change that Enrollment never acknowledged"] = (
            "update definition.move set acknowledged_at = null where journey_id = '{dates}'",
            ["Stuck changes: journey={dates} change=1"]),
        ["a change that Enrollment never acknowledged, before one that it did"] = (
            "update definition.move set acknowledged_at = null where journey_id = '{archived}' and change_no = 1",
            ["Stuck changes: journey={archived} change=1"]),
        ["a deletion that Enrollment never acknowledged"] = (
            """
            insert into definition.audience_change (site_id, audience_id, revision, name, deleted, changed_at)
            values ('{shop}', '{nowhere}', 3, '', true, '2026-03-01')
            """,
            ["Stuck changes: audience={nowhere} change=3"]),
        ["the end of a halt that Enrollment never acknowledged"] = (
            """
            insert into definition.site_halt (site_id, change_no, halted, changed_by, reason, changed_at)
            values ('{nowhere}', 2, false, '', '', '2026-03-01')
            """,
            ["Stuck changes: site={nowhere} change=2"]),
        ["a pause that has not ended"] = (
            "update definition.journey set resume_at = '2026-03-02' where journey_id = '{paused}'",
            ["Late changes: journey={paused}"]),
        ["an erasure whose job is not running"] = (
            """
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids, started_at)
            values ('{shop}', '{nowhere}', '{archiving}', '{}', '2026-03-01')
            """,
            ["Stuck erasures: job={archiving} profile={nowhere}"]),
        ["an erasure whose job was never started"] = (
            """
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids)
            values ('{shop}', '{nowhere}', '{nowhere}', '{}')
            """,
            ["Stuck erasures: job={nowhere} profile={nowhere}"]),
        ["an erasure of which the Scheduler has not heard for more than a minute"] = (
            """
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids)
            values ('{shop}', '{nowhere}', '{nowhere}', '{}');
            insert into enrollment.erased_person (site_id, id_hash, erased_at, job_id)
            select site_id, sha256('nobody'), max(entered_at) - interval '2 minutes', '{nowhere}'
            from enrollment.enrollment where site_id = '{shop}' group by site_id
            """,
            ["Stuck erasures: job={nowhere} profile={nowhere}"]),
        ["an orphan that an erasure without a job excuses"] = (
            """
            delete from enrollment.profile where profile_id = '{kim's person}';
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids)
            values ('{shop}', '{kim's person}', '{nowhere}', '{}')
            """,
            ["Stuck erasures: job={nowhere} profile={kim's person}"]),
        ["messages that are never redacted"] = (
            """
            insert into enrollment.redaction (site_id, profile_id, id_hashes, reached, until, created_at)
            values ('{shop}', '{nowhere}', '{}', '{nowhere}', '{nowhere}', '2026-03-01')
            """,
            ["Stuck erasures: redaction={nowhere}"]),
        ["a report that is never counted"] = (
            """
            update enrollment.content_outcome set counted = false where enrollment_id = '{bob}';
            insert into enrollment.statistic_change (site_id, journey_id, version, entry_day, kind, node_id, label, amount)
            select site_id, journey_id, version, (entered_at at time zone 'UTC')::date, 'REPORTED', 'hello', 'COMPLETED', -1
            from enrollment.enrollment where enrollment_id = '{bob}'
            """,
            ["Stuck uncounted reports: enrollment={bob} visit=2"]),
        ["a list that counts too many"] = (
            "update enrollment.user_list set members = members + 1 where list_id = '{guests}'",
            ["Doubled lists: list={guests}"]),
        ["a list that counts too few"] = (
            "update enrollment.user_list set members = 0 where list_id = '{guests}'",
            ["Lost lists: list={guests}"]),
        ["a list whose members are gone"] = (
            "delete from enrollment.user_list_member where list_id = '{guests}'",
            ["Doubled lists: list={guests}"]),
        ["a job whose chunk is never answered"] = (
            """
            insert into scheduler.job (site_id, job_id, kind, journey_id, sent_at, created_at, updated_at)
            values ('{shop}', '{nowhere}', 'LIST_ENROLLMENT', '{tour}', '2026-03-01', '2026-03-01', '2026-03-01')
            """,
            ["Stuck jobs: job={nowhere} kind=list_enrollment chunk=1"]),
        ["a job that is never begun"] = (
            """
            insert into scheduler.job (site_id, job_id, kind, journey_id, created_at, updated_at)
            values ('{shop}', '{nowhere}', 'AUDIENCE_SWEEP', '{tour}', '2026-03-01', '2026-03-01')
            """,
            ["Stuck jobs: job={nowhere} kind=audience_sweep chunk=1"]),
        ["a halt that Definition does not know any more"] = (
            "insert into scheduler.site_halt (site_id, change_no, halted, changed_at) values ('{nowhere}', 1, true, '2026-03-01')",
            ["Stuck copies: site={nowhere} service=scheduler"]),
        ["a live journey of a halted site that does not rest"] = (
            """
            insert into definition.site_halt (site_id, change_no, halted, changed_by, reason, changed_at, acknowledged_at)
            select site_id, 1, true, '', '', '2026-03-01', '2026-03-01' from definition.journey where journey_id = '{resumed}';
            insert into enrollment.site_halt (site_id, change_no, halted, changed_at) select site_id, change_no, halted, changed_at from definition.site_halt;
            insert into scheduler.site_halt (site_id, change_no, halted, changed_at) select site_id, change_no, halted, changed_at from definition.site_halt;
            update enrollment.journey as j set status = 'PAUSED', halted_change_no = j.change_no
            from definition.site_halt as site where j.site_id = site.site_id and j.status = 'PUBLISHED' and j.journey_id <> '{resumed}';
            update scheduler.journey as j set status = 'PAUSED', halted_change_no = j.change_no
            from definition.site_halt as site where j.site_id = site.site_id and j.status = 'PUBLISHED'
            """,
            ["Stuck copies: journey={resumed} service=enrollment"]),
        ["a journey that the Scheduler does not know"] = (
            "delete from scheduler.journey where journey_id = '{dates}'",
            ["Lost copies: journey={dates} service=scheduler"]),
        ["a journey that nobody made"] = (
            "insert into enrollment.journey (site_id, journey_id, change_no, status, version) values ('{shop}', '{nowhere}', 1, 'PUBLISHED', 1)",
            ["Unexpected copies: journey={nowhere} service=enrollment"]),
        ["a count that is too high"] = (
            """
            insert into enrollment.statistic_change (site_id, journey_id, version, entry_day, kind, label, amount)
            values ('{shop}', '{tour}', 1, '2026-03-02', 'STATUS', 'COMPLETED', 1)
            """,
            ["Doubled analytics: journey={tour} version=1 count=STATUS"]),
        ["a count that is too low"] = (
            """
            insert into enrollment.statistic_change (site_id, journey_id, version, entry_day, kind, node_id, label, amount)
            values ('{shop}', '{tour}', 1, '2026-03-02', 'GOAL', '', '', -1)
            """,
            ["Lost analytics: journey={tour} version=1 count=GOAL"]),
        ["counts that were never folded"] = (
            "delete from enrollment.statistic_change where kind = 'ENDED' and journey_id = '{archived}'",
            ["Lost analytics: journey={archived} version=1 count=ENDED"]),
        ["a dismissal that was never counted"] = (
            "update enrollment.statistic_change set label = 'SKIPPED' where kind = 'REPORTED' and journey_id = '{tour}' and label = 'COMPLETED' and version = 2",
            ["Unexpected analytics: journey={tour} version=2 count=REPORTED"]),
        ["content that appeared and was not counted"] = (
            "update enrollment.visit set shown_at = entered_at where enrollment_id = '{nat}' and visit_no = 2",
            ["Lost analytics: journey={tour} version=2 count=SHOWN"]),
        ["a visit of another site"] = (
            "update enrollment.visit set site_id = '{school}' where enrollment_id = '{nat}' and visit_no = 3",
            [
                "Unexpected sites: enrollment={nat} visit=3", "Lost visits: enrollment={nat} visit=3", "Doubled analytics: journey={tour} version=2 count=MOVED",
            ]),
        ["finished content of another site"] = (
            "update enrollment.content_outcome set site_id = '{school}' where enrollment_id = '{nat}'",
            [
                "Unexpected sites: contentOutcome={nat}/2 profile={nat's person}", "Unexpected sites: enrollment={nat} contentOutcome=2",
                "Doubled analytics: journey={tour} version=2 count=REPORTED",
            ]),
        ["answers of another site"] = (
            """
            insert into enrollment.response (site_id, enrollment_id, visit_no, journey_id, version, node_id, outcome, answers, answered_at)
            select '{school}', enrollment_id, 2, journey_id, version, 'hello', 'COMPLETED', '{}', waiting_since
            from enrollment.enrollment where enrollment_id = '{nat}'
            """,
            ["Unexpected sites: enrollment={nat} response=2"]),
        ["answers of nobody"] = (
            """
            insert into enrollment.response (site_id, enrollment_id, visit_no, journey_id, version, node_id, outcome, answers, answered_at)
            values ('{shop}', '{nowhere}', 2, '{tour}', 1, 'hello', 'COMPLETED', '{}', '2026-03-01')
            """,
            ["Lost sites: enrollment={nowhere} response=2"]),
        ["a signal that is held on another site"] = (
            "update enrollment.held_signal set site_id = '{school}' where enrollment_id = '{reader-paused}'",
            ["Unexpected sites: enrollment={reader-paused} heldSignal=1"]),
        ["a visitor of another site"] = (
            """
            alter table enrollment.visitor drop constraint visitor_site_id_profile_id_fkey;
            update enrollment.visitor set site_id = '{school}' where anonymous_id = 'visitor-ida'
            """,
            ["Unexpected sites: visitor=visitor-ida profile={ida's person}"]),
        ["a member of another site's list"] = (
            """
            insert into enrollment.user_list (site_id, list_id, name, members, created_at, updated_at)
            values ('{school}', '{nowhere}', 'Guests', 1, '2026-03-01', '2026-03-01');
            insert into enrollment.user_list_member (site_id, list_id, profile_id) values ('{school}', '{nowhere}', '{ada's person}')
            """,
            ["Unexpected sites: listMember={nowhere} profile={ada's person}"]),
        ["a person of another site"] = (
            "update enrollment.enrollment set profile_id = (select profile_id from enrollment.profile where site_id = '{school}') where enrollment_id = '{olga}'",
            ["Unexpected sites: enrollment={olga} profile={pupil's person}"]),
        ["a person who is gone"] = (
            "delete from enrollment.profile where profile_id = '{kim's person}'",
            ["Lost sites: enrollment={kim} profile={kim's person}"]),
        ["an event of another site"] = (
            "update enrollment.event set site_id = '{school}', event_id = 'e1' where profile_id = '{cleo's person}' and name = 'paid'",
            ["Unexpected sites: event=e1 profile={cleo's person}"]),
        ["a version of another site"] = (
            "update enrollment.journey_version set site_id = '{school}' where journey_id = '{dates}'",
            ["Unexpected sites: journey={dates} table=versions", "Lost copies: journey={dates} version=1 service=enrollment"]),
        ["a journey that is gone"] = (
            "delete from enrollment.journey where journey_id = '{dates}'",
            [
                "Lost sites: journey={dates} table=counts", "Lost sites: journey={dates} table=enrollments", "Lost sites: journey={dates} table=versions",
                "Lost copies: journey={dates} service=enrollment",
            ]),
        ["a published version of another site"] = (
            """
            alter table definition.version disable trigger version_is_immutable, drop constraint version_site_id_journey_id_fkey;
            update definition.version set site_id = '{school}' where journey_id = '{archived}'
            """,
            ["Unexpected paths: enrollment={pam}", "Unexpected sites: journey={archived} table=version"]),
        ["a published version of no journey"] = (
            """
            alter table definition.version drop constraint version_site_id_journey_id_fkey;
            insert into definition.version (site_id, journey_id, version, design, nodes, edges, publisher, published_at)
            values ('{shop}', '{nowhere}', 1, '', 0, 0, '', '2026-03-01')
            """,
            ["Lost sites: journey={nowhere} table=version"]),
        ["a use of another site's audience"] = (
            """
            insert into definition.audience (site_id, audience_id, name, rule, revision, created_at, updated_at)
            values ('{school}', '{nowhere}', 'Pupils', '', 1, '2026-03-01', '2026-03-01');
            insert into enrollment.audience (site_id, audience_id, revision, name, rule) values ('{school}', '{nowhere}', 1, 'Pupils', '');
            insert into scheduler.audience (site_id, audience_id, revision, time_dependent, uses) values ('{school}', '{nowhere}', 1, false, '{}');
            alter table definition.audience_use drop constraint audience_use_site_id_audience_id_fkey;
            insert into definition.audience_use (site_id, journey_id, audience_id, of_draft) values ('{shop}', '{dates}', '{nowhere}', false)
            """,
            ["Unexpected sites: audience={nowhere} journey={dates}"]),
        ["a job of another site"] = (
            "update scheduler.job set site_id = '{school}' where journey_id = '{archived}'",
            ["Unexpected sites: job={archiving} journey={archived}"]),
    };
}
