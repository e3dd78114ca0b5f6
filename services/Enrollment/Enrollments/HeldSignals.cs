using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Journeys.Enrollments;

/// <summary>A signal as kept during a pause.</summary>
public sealed record HeldRow
{
    public Guid SiteId { get; init; }
    public Guid EnrollmentId { get; init; }
    public long HeldSignalId { get; init; }
    public string Signal { get; init; } = "";
    public DateTimeOffset HeldAt { get; init; }
}

/// <summary>Signals that came while their journey was paused.</summary>
public static class HeldSignals
{
    /// <summary>Keeps signals, in order.</summary>
    public static async Task AddAsync(
        NpgsqlTransaction transaction, IReadOnlyList<(EnrollmentRow Row, string Signal)> signals, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.held_signal (site_id, enrollment_id, journey_id, signal, held_at)
            select site_id, enrollment_id, journey_id, signal::jsonb, @now
            from unnest(@siteIds, @enrollmentIds, @journeyIds, @signals) with ordinality
                as added (site_id, enrollment_id, journey_id, signal, position)
            order by position
            """;

        if (signals.Count == 0)
            return;

        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(new(sql)
        {
            Parameters =
            {
                Bulk.Column("siteIds", signals, signal => signal.Row.SiteId),
                Bulk.Column("enrollmentIds", signals, signal => signal.Row.EnrollmentId),
                Bulk.Column("journeyIds", signals, signal => signal.Row.JourneyId),
                Bulk.Column("signals", signals, signal => signal.Signal),
                new NpgsqlParameter("now", NpgsqlDbType.TimestampTz) { Value = now },
            },
        });
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Everything held for these enrollments, in order.</summary>
    public static async Task<ILookup<Guid, HeldRow>> OfAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<EnrollmentRow> rows, CancellationToken ct)
    {
        const string sql = """
            select held.site_id, held.enrollment_id, held.held_signal_id, held.signal::text as signal, held.held_at
            from enrollment.held_signal held
            join unnest(@siteIds, @enrollmentIds) as wanted (site_id, enrollment_id)
              on wanted.site_id = held.site_id and wanted.enrollment_id = held.enrollment_id
            order by held.held_signal_id
            """;

        var siteIds = rows.Select(row => row.SiteId).ToArray();
        var enrollmentIds = rows.Select(row => row.EnrollmentId).ToArray();
        var held = await transaction.Connection!.QueryAsync<HeldRow>(
            new CommandDefinition(sql, new { siteIds, enrollmentIds }, transaction, cancellationToken: ct));
        return held.ToLookup(signal => signal.EnrollmentId);
    }

    /// <summary>Enrollments of a journey that have held signals, oldest signal first.</summary>
    public static async Task<IReadOnlyList<Guid>> ListEnrollmentsAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, int limit, CancellationToken ct)
    {
        const string sql = """
            select enrollment_id
            from enrollment.held_signal
            where site_id = @siteId and journey_id = @journeyId
              and enrollment_id not in (select enrollment_id from enrollment.set_aside where site_id = @siteId)
            group by enrollment_id
            order by min(held_signal_id)
            limit @limit
            """;
        return (await transaction.Connection!.QueryAsync<Guid>(
            new CommandDefinition(sql, new { siteId, journeyId, limit }, transaction, cancellationToken: ct))).AsList();
    }

    /// <summary>Drops what is held for enrollments that have ended.</summary>
    public static Task DropOfEndedAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.held_signal as held
            using enrollment.enrollment as e
            where held.site_id = @siteId and held.journey_id = @journeyId
              and e.site_id = held.site_id and e.enrollment_id = held.enrollment_id and e.status <> 'ACTIVE'
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId }, ct);
    }
}
