using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Writes changed enrollments: one round trip and one statement for each table, for 1 or for 500.</summary>
public sealed class EnrollmentWriter(Outbox outbox)
{
    /// <summary>
    /// Inserts new enrollments and returns those that were inserted. If a concurrent call has enrolled the same person,
    /// its enrollment wins.
    /// </summary>
    /// <remarks>
    /// Waits for the concurrent call to end, so that a select afterwards sees the enrollment that won.
    /// </remarks>
    public static async Task<IReadOnlyList<Enrollment>> InsertAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Enrollment> enrollments, CancellationToken ct)
    {
        const string retire = """
            update enrollment.enrollment as e
            set is_latest = false
            from unnest(@siteIds, @enrollmentIds) as old (site_id, enrollment_id)
            where e.site_id = old.site_id and e.enrollment_id = old.enrollment_id
            """;
        const string insert = """
            insert into enrollment.enrollment (
                site_id, enrollment_id, journey_id, version, profile_id, first_id, anonymous_id, attempt, is_latest, status, source, node_id, visit_no,
                waiting_for, waiting_since, wake_at, data, entry, steps_done, outcome, stop_reason, goal_at, entered_at, updated_at, ended_at)
            select site_id, enrollment_id, journey_id, version, profile_id, first_id, anonymous_id, attempt, true, status, source, node_id, visit_no,
                   waiting_for, waiting_since, wake_at, data::jsonb, entry::jsonb, steps_done, outcome, stop_reason, goal_at, entered_at, updated_at, ended_at
            from unnest(
                @siteIds, @enrollmentIds, @journeyIds, @versions, @profileIds, @firstIds, @anonymousIds, @attempts, @statuses, @sources, @nodeIds,
                @visitNos, @waitingFors, @waitingSinces, @wakeAts, @datas, @entries, @stepsDones, @outcomes, @stopReasons, @goalAts, @enteredAts,
                @updatedAts, @endedAts) as added (
                site_id, enrollment_id, journey_id, version, profile_id, first_id, anonymous_id, attempt, status, source, node_id,
                visit_no, waiting_for, waiting_since, wake_at, data, entry, steps_done, outcome, stop_reason, goal_at, entered_at, updated_at, ended_at)
            order by profile_id
            on conflict (site_id, journey_id, profile_id) where is_latest do nothing
            returning enrollment_id
            """;

        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        var replaced = enrollments.Where(enrollment => enrollment.Replaces is not null).Select(enrollment => enrollment.Replaces!).ToList();
        if (replaced.Count > 0)
        {
            batch.BatchCommands.Add(new(retire)
            {
                Parameters =
                {
                    Bulk.Column("siteIds", replaced, row => row.SiteId),
                    Bulk.Column("enrollmentIds", replaced, row => row.EnrollmentId),
                },
            });
        }

        var rows = enrollments.Select(enrollment => enrollment.Row).ToList();
        var command = new NpgsqlBatchCommand(insert)
        {
            Parameters =
            {
                Bulk.Column("journeyIds", rows, row => row.JourneyId),
                Bulk.Column("versions", rows, row => row.Version),
                Bulk.Column("profileIds", rows, row => row.ProfileId),
                Bulk.Column("firstIds", rows, row => row.FirstId),
                Bulk.Column("anonymousIds", rows, row => row.AnonymousId),
                Bulk.Column("attempts", rows, row => row.Attempt),
                Bulk.Column("sources", rows, row => row.Source),
                Bulk.Column("entries", rows, row => row.Entry),
                Bulk.Column("enteredAts", rows, row => row.EnteredAt),
            },
        };
        AddState(command, rows);
        batch.BatchCommands.Add(command);

        var inserted = new HashSet<Guid>();
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                inserted.Add(reader.GetGuid(0));
        }

        var added = enrollments.Where(enrollment => inserted.Contains(enrollment.Row.EnrollmentId)).ToList();
        added.ForEach(enrollment => enrollment.NoteInserted());
        return added;
    }

    /// <summary>Writes changed rows, new visits, their counts, and the messages that follow.</summary>
    /// <remarks>May be called again for the same enrollments: it writes the changes since the last call.</remarks>
    public async Task SaveAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Enrollment> enrollments, CancellationToken ct)
    {
        var tally = new Tally();
        foreach (var enrollment in enrollments)
            tally.Count(enrollment);

        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        AddIfAny(batch, Updates([.. enrollments.Where(enrollment => enrollment.NeedsUpdate).Select(enrollment => enrollment.Row)]));
        AddIfAny(batch, VisitStore.Add([.. enrollments.SelectMany(enrollment => enrollment.Visits.Select(visit => (enrollment.Row, visit)))]));
        AddIfAny(batch, VisitStore.Note([.. enrollments.SelectMany(enrollment => enrollment.Notes.Select(note => (enrollment.Row, note)))]));
        AddIfAny(batch, ContentOutcomeStore.Add([.. enrollments.SelectMany(enrollment => enrollment.Contents.Select(content => (enrollment.Row, content)))]));
        AddIfAny(batch, ResponseStore.Add(enrollments.SelectMany(enrollment => enrollment.Contents.Select(content => (enrollment.Row, content)))));
        AddIfAny(batch, HeldSignalStore.Remove([.. enrollments.SelectMany(enrollment => enrollment.AppliedSignals)]));
        AddIfAny(batch, HeldSignalStore.Add([.. enrollments.SelectMany(enrollment => enrollment.SignalsToHold)]));
        AddIfAny(batch, HeldSignalStore.Drop([.. enrollments.Where(enrollment => enrollment is { NeedsUpdate: true, IsActive: false, Row.HasHeld: true }).Select(enrollment => enrollment.Row)]));
        AddIfAny(batch, Counts(tally.Changes));
        AddIfAny(batch, outbox.ToCommand(EnrollmentMessages.Of(enrollments)));
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(ct);
        foreach (var enrollment in enrollments)
            enrollment.NoteSaved();
    }

    /// <summary>Writes changes of counts.</summary>
    public static async Task CountAsync(NpgsqlTransaction transaction, IReadOnlyList<CountChange> changes, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        AddIfAny(batch, Counts(changes));
        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Marks attempts as no longer the latest.</summary>
    public static Task RetireAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment
            set is_latest = false
            where site_id = @siteId and enrollment_id = any(@enrollmentIds)
            """;
        return enrollmentIds.Length == 0 ? Task.CompletedTask : transaction.ExecuteAsync(sql, new { siteId, enrollmentIds }, ct);
    }

    /// <summary>
    /// Numbers a visitor's attempts after those of the user in the same journeys. Returns the new number of each
    /// enrollment.
    /// </summary>
    public static async Task<IReadOnlyDictionary<Guid, int>> RenumberAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid visitorId, Guid userId, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment as e
            set attempt = users.last + e.attempt
            from (
                select journey_id, max(attempt) as last
                from enrollment.enrollment
                where site_id = @siteId and profile_id = @userId and journey_id = any(@journeyIds)
                group by journey_id) as users
            where e.site_id = @siteId and e.profile_id = @visitorId and e.journey_id = users.journey_id
            returning e.enrollment_id, e.attempt
            """;

        if (journeyIds.Length == 0)
            return new Dictionary<Guid, int>();
        var moved = await transaction.QueryAsync<(Guid EnrollmentId, int Attempt)>(
            sql, new { siteId, visitorId, userId, journeyIds }, ct);
        return moved.ToDictionary(row => row.EnrollmentId, row => row.Attempt);
    }

    /// <summary>Moves the enrollments of one profile to another.</summary>
    public static Task MoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment set profile_id = @to where site_id = @siteId and profile_id = @from
            """;
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>
    /// Moves the enrollments of a visitor whose profile is gone to the user that the visitor was stitched to, except in
    /// journeys where the user has an enrollment. Returns the user's profile for each moved enrollment.
    /// </summary>
    public static Task<IReadOnlyList<Guid>> MoveToUserAsync(NpgsqlTransaction transaction, Guid siteId, Guid goneId, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment as e
            set profile_id = visitor.profile_id
            from enrollment.visitor
            where e.site_id = @siteId and e.profile_id = @goneId
              and visitor.site_id = e.site_id and visitor.anonymous_id = e.anonymous_id
              and not exists (
                  select from enrollment.enrollment users
                  where users.site_id = visitor.site_id and users.profile_id = visitor.profile_id and users.journey_id = e.journey_id)
            returning e.profile_id
            """;
        return transaction.QueryAsync<Guid>(sql, new { siteId, goneId }, ct);
    }

    /// <summary>Whether a person is or was in any journey.</summary>
    public static Task<bool> HasAnyAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = "select exists (select from enrollment.enrollment where site_id = @siteId and profile_id = @profileId)";
        return transaction.ScalarAsync<bool>(sql, new { siteId, profileId }, ct);
    }

    /// <summary>Removes the enrollments of a person, without their history. Returns their ids.</summary>
    public static async Task<Guid[]> RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = "delete from enrollment.enrollment where site_id = @siteId and profile_id = @profileId returning enrollment_id";
        return [.. await transaction.QueryAsync<Guid>(sql, new { siteId, profileId }, ct)];
    }

    static NpgsqlBatchCommand? Updates(IReadOnlyList<EnrollmentRow> rows)
    {
        const string sql = """
            update enrollment.enrollment as e
            set status = now.status, node_id = now.node_id, visit_no = now.visit_no, waiting_for = now.waiting_for,
                waiting_since = now.waiting_since, wake_at = now.wake_at, data = now.data::jsonb, steps_done = now.steps_done,
                outcome = now.outcome, stop_reason = now.stop_reason, goal_at = now.goal_at, updated_at = now.updated_at,
                ended_at = now.ended_at, merged_into_id = now.merged_into_id, thawed_at = now.thawed_at,
                continued = now.continued
            from unnest(
                @siteIds, @enrollmentIds, @statuses, @nodeIds, @visitNos, @waitingFors, @waitingSinces, @wakeAts, @datas, @stepsDones, @outcomes,
                @stopReasons, @goalAts, @updatedAts, @endedAts, @mergedIntoIds, @thawedAts, @continueds) as now (
                site_id, enrollment_id, status, node_id, visit_no, waiting_for, waiting_since, wake_at, data, steps_done, outcome,
                stop_reason, goal_at, updated_at, ended_at, merged_into_id, thawed_at, continued)
            where e.site_id = now.site_id and e.enrollment_id = now.enrollment_id
            """;

        if (rows.Count == 0)
            return null;

        var command = new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("mergedIntoIds", rows, row => row.MergedIntoId),
                Bulk.Column("thawedAts", rows, row => row.ThawedAt),
                Bulk.Column("continueds", rows, row => row.Continued),
            },
        };
        AddState(command, rows);
        return command;
    }

    static void AddState(NpgsqlBatchCommand command, IReadOnlyList<EnrollmentRow> rows)
    {
        command.Parameters.Add(Bulk.Column("siteIds", rows, row => row.SiteId));
        command.Parameters.Add(Bulk.Column("enrollmentIds", rows, row => row.EnrollmentId));
        command.Parameters.Add(Bulk.Column("statuses", rows, row => row.Status));
        command.Parameters.Add(Bulk.Column("nodeIds", rows, row => row.NodeId));
        command.Parameters.Add(Bulk.Column("visitNos", rows, row => row.VisitNo));
        command.Parameters.Add(Bulk.Column("waitingFors", rows, row => row.WaitingFor));
        command.Parameters.Add(Bulk.Column("waitingSinces", rows, row => row.WaitingSince));
        command.Parameters.Add(Bulk.Column("wakeAts", rows, row => row.WakeAt));
        command.Parameters.Add(Bulk.Column("datas", rows, row => row.Data));
        command.Parameters.Add(Bulk.Column("stepsDones", rows, row => row.StepsDone));
        command.Parameters.Add(Bulk.Column("outcomes", rows, row => row.Outcome));
        command.Parameters.Add(Bulk.Column("stopReasons", rows, row => row.StopReason));
        command.Parameters.Add(Bulk.Column("goalAts", rows, row => row.GoalAt));
        command.Parameters.Add(Bulk.Column("updatedAts", rows, row => row.UpdatedAt));
        command.Parameters.Add(Bulk.Column("endedAts", rows, row => row.EndedAt));
    }

    static NpgsqlBatchCommand? Counts(IReadOnlyList<CountChange> changes)
    {
        const string columns = "site_id, journey_id, version, entry_day, kind, node_id, label, target_id, bucket, amount";
        const string sql = $"""
            insert into enrollment.statistic_change ({columns})
            select {columns}
            from unnest(@siteIds, @journeyIds, @versions, @days, @kinds, @nodeIds, @labels, @targetIds, @buckets, @amounts)
                as added ({columns})
            """;

        return changes.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", changes, change => change.Key.SiteId),
                Bulk.Column("journeyIds", changes, change => change.Key.JourneyId),
                Bulk.Column("versions", changes, change => change.Key.Version),
                Bulk.Column("days", changes, change => change.Key.EntryDay),
                Bulk.Column("kinds", changes, change => change.Key.Kind),
                Bulk.Column("nodeIds", changes, change => change.Key.NodeId),
                Bulk.Column("labels", changes, change => change.Key.Label),
                Bulk.Column("targetIds", changes, change => change.Key.TargetId),
                Bulk.Column("buckets", changes, change => change.Key.Bucket),
                Bulk.Column("amounts", changes, change => change.Amount),
            },
        };
    }

    static void AddIfAny(NpgsqlBatch batch, NpgsqlBatchCommand? command)
    {
        if (command is not null)
            batch.BatchCommands.Add(command);
    }
}
