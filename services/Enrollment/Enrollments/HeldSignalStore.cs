using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Enrollments;

/// <summary>A signal that is held, as stored.</summary>
public sealed record HeldRow
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public Guid JourneyId { get; init; }
    public long HeldSignalId { get; init; }
    public string Signal { get; init; } = "";
    public DateTimeOffset HeldAt { get; init; }

    /// <summary>Creates the row that holds a signal.</summary>
    public static HeldRow Of(EnrollmentRow row, Signal signal, DateTimeOffset now) => new()
    {
        SiteId = row.SiteId,
        EnrollmentId = row.EnrollmentId,
        JourneyId = row.JourneyId,
        Signal = SignalJson.Write(signal),
        HeldAt = now,
    };
}

/// <summary>Stores signals that are held while their journey is paused or their enrollment is set aside.</summary>
public static class HeldSignalStore
{
    /// <summary>Returns the statement that stores held signals, in order; null when there are none.</summary>
    public static NpgsqlBatchCommand? Add(IReadOnlyList<HeldRow> signals)
    {
        const string sql = """
            insert into enrollment.held_signal (site_id, enrollment_id, journey_id, signal, held_at)
            select site_id, enrollment_id, journey_id, signal::jsonb, held_at
            from unnest(@siteIds, @enrollmentIds, @journeyIds, @signals, @heldAts) with ordinality
                as added (site_id, enrollment_id, journey_id, signal, held_at, position)
            order by position
            """;

        return signals.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", signals, signal => signal.SiteId),
                Bulk.Column("enrollmentIds", signals, signal => signal.EnrollmentId),
                Bulk.Column("journeyIds", signals, signal => signal.JourneyId),
                Bulk.Column("signals", signals, signal => signal.Signal),
                Bulk.Column("heldAts", signals, signal => signal.HeldAt),
            },
        };
    }

    /// <summary>Returns the statement that removes held signals that were applied; null when there are none.</summary>
    public static NpgsqlBatchCommand? Remove(IReadOnlyList<HeldRow> signals)
    {
        const string sql = """
            delete from enrollment.held_signal as held
            using unnest(@siteIds, @enrollmentIds, @heldSignalIds) as applied (site_id, enrollment_id, held_signal_id)
            where held.site_id = applied.site_id and held.enrollment_id = applied.enrollment_id and held.held_signal_id = applied.held_signal_id
            """;

        return signals.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", signals, signal => signal.SiteId),
                Bulk.Column("enrollmentIds", signals, signal => signal.EnrollmentId),
                Bulk.Column("heldSignalIds", signals, signal => signal.HeldSignalId),
            },
        };
    }

    /// <summary>
    /// Returns the statement that removes all held signals of these enrollments, which have ended; null when there are
    /// none.
    /// </summary>
    public static NpgsqlBatchCommand? Drop(IReadOnlyList<EnrollmentRow> ended)
    {
        const string sql = """
            delete from enrollment.held_signal as held
            using unnest(@siteIds, @enrollmentIds) as ended (site_id, enrollment_id)
            where held.site_id = ended.site_id and held.enrollment_id = ended.enrollment_id
            """;

        return ended.Count == 0 ? null : new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", ended, row => row.SiteId),
                Bulk.Column("enrollmentIds", ended, row => row.EnrollmentId),
            },
        };
    }

    public static async Task AddAsync(NpgsqlTransaction transaction, IReadOnlyList<HeldRow> signals, CancellationToken ct)
    {
        if (Add(signals) is not { } command)
            return;
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { command } };
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Returns the signals held for these enrollments, in order.</summary>
    /// <param name="transaction">The transaction that holds their locks.</param>
    /// <param name="rows">The enrollments.</param>
    /// <param name="most">The maximum for each enrollment, the first ones first; null for all.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<ILookup<Guid, HeldRow>> OfAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<EnrollmentRow> rows, int? most, CancellationToken ct)
    {
        const string sql = """
            select held.site_id, held.enrollment_id, held.journey_id, held.held_signal_id, held.signal::text as signal, held.held_at
            from unnest(@siteIds, @enrollmentIds) as wanted (site_id, enrollment_id)
            cross join lateral (
                select h.site_id, h.enrollment_id, h.journey_id, h.held_signal_id, h.signal, h.held_at
                from enrollment.held_signal h
                where h.site_id = wanted.site_id and h.enrollment_id = wanted.enrollment_id
                order by h.held_signal_id
                limit @most::integer) as held
            order by held.held_signal_id
            """;

        var siteIds = rows.Select(row => row.SiteId).ToArray();
        var enrollmentIds = rows.Select(row => row.EnrollmentId).ToArray();
        var held = await transaction.QueryAsync<HeldRow>(sql, new { siteIds, enrollmentIds, most }, ct);
        return held.ToLookup(signal => signal.EnrollmentId);
    }

    /// <summary>
    /// Returns enrollments of a journey that have held signals, oldest signal first, with the number of their signals.
    /// Skips those that are set aside.
    /// </summary>
    public static async Task<IReadOnlyList<(Guid EnrollmentId, int Signals)>> ListEnrollmentsAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        const string sql = """
            select enrollment_id, count(*)::integer
            from enrollment.held_signal
            where site_id = @siteId and journey_id = @journeyId
              and enrollment_id not in (select enrollment_id from enrollment.set_aside where site_id = @siteId)
            group by enrollment_id
            order by min(held_signal_id)
            limit @limit
            """;
        return await transaction.QueryAsync<(Guid, int)>(sql, new { siteId, journeyId, limit }, ct);
    }

    /// <summary>Removes the held signals of enrollments that have ended.</summary>
    public static Task DropOfEndedAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"""
            delete from enrollment.held_signal as held
            using enrollment.enrollment as e
            where held.site_id = @siteId and held.journey_id = @journeyId
              and e.site_id = held.site_id and e.enrollment_id = held.enrollment_id and e.status <> '{EnrollmentStatuses.Active}'
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Removes at most `limit` signals held for these enrollments. Returns the number removed.</summary>
    public static Task<int> DropAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.held_signal
            where site_id = @siteId and (enrollment_id, held_signal_id) in (
                select enrollment_id, held_signal_id from enrollment.held_signal
                where site_id = @siteId and enrollment_id = any(@enrollmentIds) limit @limit)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, enrollmentIds, limit }, ct);
    }

    /// <summary>Counts the enrollments of a journey that have held signals, except those that are set aside.</summary>
    public static Task<int> CountEnrollmentsAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select count(distinct enrollment_id)::integer
            from enrollment.held_signal
            where site_id = @siteId and journey_id = @journeyId
              and enrollment_id not in (select enrollment_id from enrollment.set_aside where site_id = @siteId)
            """;
        return transaction.ScalarAsync<int>(sql, new { siteId, journeyId }, ct);
    }
}
