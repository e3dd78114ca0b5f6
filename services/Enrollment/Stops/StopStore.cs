using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.EngineContracts;
using Npgsql;

namespace Journeys.Enrollments.Stops;

/// <summary>A stop as stored.</summary>
public sealed record StopRow
{
    public Guid SiteId { get; init; }

    /// <summary>The id of the stop and of its job.</summary>
    public Guid StopId { get; init; }
    public Guid JourneyId { get; init; }
    public string[] NodeIds { get; init; } = [];
    public int[] Versions { get; init; } = [];
    public byte[]? Rule { get; init; }
    public Guid[]? ProfileIds { get; init; }
    public string Reason { get; init; } = "";
    public int PeoplePerSecond { get; init; }
    public int People { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public string CreatedBy { get; init; } = "";

    /// <summary>When its rule and its users were forgotten; null while the job may need them.</summary>
    public DateTimeOffset? ForgottenAt { get; init; }

    /// <summary>Until when it can be undone; null for never.</summary>
    public DateTimeOffset? UndoUntil { get; init; }

    /// <summary>When its undo was requested; null if it was not.</summary>
    public DateTimeOffset? UndoneAt { get; init; }
    public string UndoneBy { get; init; } = "";
    public Guid? UndoJobId { get; init; }

    /// <summary>Returns the people whom it stops.</summary>
    /// <exception cref="NotYet">Only a newer release can read its rule. Without the rule it would select
    /// everybody.</exception>
    public Selection ToSelection() => new(SiteId, JourneyId, NodeIds, Versions, Rule is null ? null : ReadRule(Rule), ProfileIds, CreatedAt);

    Rule ReadRule(byte[] stored) => RuleReader.Read(Protos.Rule.V1.Rule.Parser.ParseFrom(stored))
        ?? throw new NotYet($"The rule of stop {StopId} can be read by a newer release only.");
}

/// <summary>Stores stops of many people.</summary>
public static class StopStore
{
    const string Columns = """
        site_id, stop_id, journey_id, node_ids, versions, rule, profile_ids, reason, people_per_second, people, created_at, created_by, forgotten_at,
        undo_until, undone_at, undone_by, undo_job_id
        """;

    /// <summary>Adds a stop with the database's time, or with `now` in tests.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="row">The stop.</param>
    /// <param name="undoWithin">How long it can be undone; null for never.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task AddAsync(NpgsqlTransaction transaction, StopRow row, TimeSpan? undoWithin, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.stop (
                site_id, stop_id, journey_id, node_ids, versions, rule, profile_ids, reason, people_per_second, people, created_at, undo_until, created_by)
            values (
                @SiteId, @StopId, @JourneyId, @NodeIds, @Versions, @Rule, @ProfileIds, @Reason, @PeoplePerSecond, @People,
                coalesce(@now, clock_timestamp()), coalesce(@now, clock_timestamp()) + @undoWithin::interval, @CreatedBy)
            """;
        return transaction.ExecuteAsync(
            sql,
            new
            {
                row.SiteId,
                row.StopId,
                row.JourneyId,
                row.NodeIds,
                row.Versions,
                row.Rule,
                row.ProfileIds,
                row.Reason,
                row.PeoplePerSecond,
                row.People,
                row.CreatedBy,
                undoWithin,
                now,
            },
            ct);
    }

    /// <summary>Forgets the rule of a stop and the users that it names. The rest of it stays.</summary>
    public static Task ForgetAsync(NpgsqlTransaction transaction, Guid stopId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.stop
            set rule = null, profile_ids = '{}', forgotten_at = @now
            where stop_id = @stopId and forgotten_at is null
            """;
        return transaction.ExecuteAsync(sql, new { stopId, now }, ct);
    }

    /// <summary>Returns one stop; null when the site has none with this id.</summary>
    public static Task<StopRow?> FindAsync(NpgsqlTransaction transaction, Guid siteId, Guid stopId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from enrollment.stop where site_id = @siteId and stop_id = @stopId";
        return transaction.QuerySingleOrDefaultAsync<StopRow>(sql, new { siteId, stopId }, ct);
    }

    /// <summary>
    /// Returns one stop and keeps its undo waiting until the transaction ends; null when the site has none with this id.
    /// </summary>
    public static Task<StopRow?> HoldAsync(NpgsqlTransaction transaction, Guid siteId, Guid stopId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from enrollment.stop where site_id = @siteId and stop_id = @stopId for share";
        return transaction.QuerySingleOrDefaultAsync<StopRow>(sql, new { siteId, stopId }, ct);
    }

    /// <summary>
    /// Records that a stop is undone, if that may be. Waits for chunks of its job, and nobody is stopped by it any more.
    /// Returns false if it was undone before, or the time for it is over.
    /// </summary>
    public static async Task<bool> UndoAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid stopId, Guid jobId, string undoneBy, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.stop
            set undone_at = coalesce(@now, clock_timestamp()), undone_by = @undoneBy, undo_job_id = @jobId
            where site_id = @siteId and stop_id = @stopId and undone_at is null and undo_until > coalesce(@now, clock_timestamp())
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, stopId, jobId, undoneBy, now }, ct) > 0;
    }

    /// <summary>Returns a page of the stops of a journey with ids before `before`, newest first.</summary>
    public static Task<IReadOnlyList<StopRow>> ListAsync(
        NpgsqlDataSource source, Guid siteId, Guid journeyId, Guid? before, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}
            from enrollment.stop
            where site_id = @siteId and journey_id = @journeyId and (@before is null or stop_id < @before)
            order by stop_id desc
            limit @limit
            """;
        return source.QueryAsync<StopRow>(sql, new { siteId, journeyId, before, limit }, ct);
    }
}
