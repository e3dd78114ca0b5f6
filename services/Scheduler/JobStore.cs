using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Protos;
using Npgsql;
using Proto = Journeys.Protos.Scheduler.V1;

namespace Journeys.Scheduling;

/// <summary>A job as stored.</summary>
public sealed record JobRow
{
    public Guid SiteId { get; init; }
    public Guid JobId { get; init; }
    public string Kind { get; init; } = "";
    public string Status { get; init; } = "";
    public Guid? JourneyId { get; init; }
    public string SubjectId { get; init; } = "";
    public string Cursor { get; init; } = "";
    public int ChunkNo { get; init; }
    public int Done { get; init; }
    public int Changed { get; init; }
    public int Total { get; init; }
    public string Error { get; init; } = "";
    public int PeoplePerSecond { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Maps it to the contract.</summary>
    public Proto.Job ToProto() => new()
    {
        Id = JobId.ToString(),
        Kind = EnumText.Parse<Proto.Job.Types.Kind>(Kind),
        Status = EnumText.Parse<Proto.Job.Types.Status>(Status),
        Done = Done,
        Total = Total,
        Changed = Changed,
        JourneyId = JourneyId?.ToString() ?? "",
        SubjectId = SubjectId,
        Error = Error,
        CreateTime = CreatedAt.ToTimestamp(),
        UpdateTime = UpdatedAt.ToTimestamp(),
        EndTime = EndedAt?.ToTimestamp(),
        PeoplePerSecond = PeoplePerSecond,
    };

    /// <summary>The stored names of all kinds that this release knows.</summary>
    public static string[] Kinds { get; } = [.. System.Enum.GetValues<Proto.Job.Types.Kind>().Select(EnumText.Text)];
}

/// <summary>Reads and writes jobs.</summary>
public sealed class JobStore(NpgsqlDataSource source)
{
    const string ColumnsButIds = """
        kind, status, journey_id, subject_id, cursor, chunk_no, done, changed, total, error, people_per_second, created_at, updated_at, ended_at
        """;
    const string Columns = "site_id, job_id, " + ColumnsButIds;

    /// <summary>
    /// SQL: whether this release can read a job, because its kind is one of `@kinds` and .NET can represent its times.
    /// </summary>
    public const string Readable = """
        kind = any(@kinds)
        and tstzrange('0001-01-01 00:00+00', '10000-01-01 00:00+00') @> all (array_remove(array[created_at, updated_at, sent_at, ended_at], null))
        """;

    /// <summary>Adds a job. An existing job with the same id stays unchanged. Returns true if it was added.</summary>
    public static async Task<bool> AddAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid jobId, string kind, Guid? journeyId, string subjectId, int total, DateTimeOffset now,
        CancellationToken ct, int peoplePerSecond = 0)
    {
        const string sql = """
            insert into scheduler.job (site_id, job_id, kind, journey_id, subject_id, total, people_per_second, created_at, updated_at)
            values (@siteId, @jobId, @kind, @journeyId, @subjectId, @total, @peoplePerSecond, @now, @now)
            on conflict do nothing
            """;
        return await transaction.ExecuteAsync(sql, new { siteId, jobId, kind, journeyId, subjectId, total, peoplePerSecond, now }, ct) == 1;
    }

    /// <summary>Cancels running jobs of a kind for a journey, because a newer one replaces them.</summary>
    public static Task CancelOlderAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, string kind, Guid newJobId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = $"""
            update scheduler.job
            set status = '{JobStatuses.Cancelled}', error = 'A newer job took its place.', updated_at = @now, ended_at = @now
            where site_id = @siteId and journey_id = @journeyId and kind = @kind and status = '{JobStatuses.Running}'
              and job_id <> @newJobId
            """;
        return transaction.ExecuteAsync(sql, new { siteId, journeyId, kind, newJobId, now }, ct);
    }

    /// <summary>Returns one job; null when the site has none with this id.</summary>
    /// <exception cref="Refused">The job exists, but this release cannot read it.</exception>
    public async Task<JobRow?> FindAsync(Guid siteId, Guid jobId, CancellationToken ct)
    {
        const string isThere = "select exists (select from scheduler.job where site_id = @siteId and job_id = @jobId)";
        const string sql = $"select {Columns} from scheduler.job where site_id = @siteId and job_id = @jobId and {Readable}";

        await using var connection = await source.OpenConnectionAsync(ct);
        var found = await connection.QuerySingleOrDefaultAsync<JobRow>(sql, new { siteId, jobId, kinds = JobRow.Kinds }, ct);
        if (found is null && await connection.ScalarAsync<bool>(isThere, new { siteId, jobId }, ct))
            throw new Refused("JOB_UNREADABLE", $"Job {jobId} has a time or a kind that this release cannot read.");
        return found;
    }

    /// <summary>
    /// Returns a page of jobs before a job, newest first. Jobs that this release cannot read are skipped.
    /// </summary>
    /// <param name="siteId">The site.</param>
    /// <param name="statuses">Their statuses; empty for any.</param>
    /// <param name="journeyId">Their journey; null for any.</param>
    /// <param name="ids">Their ids; empty for any.</param>
    /// <param name="beforeCreatedAt">When the last job of the previous page was created; null for the first page.</param>
    /// <param name="beforeJobId">The last job of the previous page; null for the first page.</param>
    /// <param name="limit">The maximum to return.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<JobRow>> ListAsync(
        Guid siteId, string[] statuses, Guid? journeyId, Guid[] ids, DateTimeOffset? beforeCreatedAt, Guid? beforeJobId, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}
            from scheduler.job
            where site_id = @siteId and (cardinality(@statuses) = 0 or status = any(@statuses))
              and (@journeyId is null or journey_id = @journeyId) and (cardinality(@ids) = 0 or job_id = any(@ids))
              and (@beforeCreatedAt is null or (created_at, job_id) < (@beforeCreatedAt, @beforeJobId)) and {Readable}
            order by created_at desc, job_id desc
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<JobRow>(sql, new { siteId, statuses, journeyId, ids, beforeCreatedAt, beforeJobId, limit, kinds = JobRow.Kinds }, ct);
    }

    /// <summary>
    /// Claims jobs whose next chunk is due, or whose chunk has timed out, until the maximum number of chunks is in
    /// flight.
    /// </summary>
    /// <remarks>
    /// Sites are served round-robin, and none has more than half of the chunks in flight, so that slow jobs of one site
    /// do not block other sites. Within a site sweeps come last, because they may be slow, and somebody has requested
    /// the others.
    /// </remarks>
    /// <param name="transaction">The transaction that sends the chunks.</param>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="timeout">The timeout of an answer.</param>
    /// <param name="atOnce">The maximum number of chunks in flight.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<IReadOnlyList<JobRow>> TakeReadyAsync(
        NpgsqlTransaction transaction, DateTimeOffset? now, TimeSpan timeout, int atOnce, CancellationToken ct)
    {
        // Serializes replicas, so that together they keep the maximum.
        const string turn = "select pg_advisory_xact_lock(hashtext('scheduler.chunks'), 0)";
        // A send time in the future, made by a clock that was ahead, counts as not sent.
        const string inFlight = "(sent_at > coalesce(@now, now()) - @timeout and sent_at <= coalesce(@now, now()) + interval '1 minute')";
        // Rate-limited jobs wait between their chunks.
        const string isReady = "(ready_at is null or ready_at <= coalesce(@now, now()))";
        const string sql = $"""
            with in_flight as materialized (
                select site_id, count(*) as chunks
                from scheduler.job
                where status = '{JobStatuses.Running}' and {inFlight} and {Readable}
                group by site_id
            ),
            waiting as (
                select site_id, job_id, greatest(sent_at, updated_at) as since,
                       row_number() over (
                           partition by site_id order by kind in ('{JobKinds.AudienceSweep}', '{JobKinds.RuleEnrollment}'), greatest(sent_at, updated_at)) as place
                from scheduler.job
                where status = '{JobStatuses.Running}' and {inFlight} is not true and {isReady} and {Readable}
            ),
            chosen as materialized (
                select site_id, job_id
                from waiting
                left join in_flight using (site_id)
                where place + coalesce(chunks, 0) <= @perSite
                order by place + coalesce(chunks, 0), since
                limit greatest(0, @atOnce - (select coalesce(sum(chunks), 0) from in_flight))
            ),
            ready as materialized (
                select job.site_id, job.job_id
                from chosen
                join scheduler.job job using (site_id, job_id)
                where job.status = '{JobStatuses.Running}' and {inFlight} is not true
                for update of job skip locked
            )
            update scheduler.job as job
            set sent_at = coalesce(@now, now())
            from ready
            where job.site_id = ready.site_id and job.job_id = ready.job_id
            returning job.site_id, job.job_id, {ColumnsButIds}
            """;
        await transaction.ExecuteAsync(turn, new { }, ct);
        return await transaction.QueryAsync<JobRow>(
            sql, new { now, timeout, atOnce, perSite = Math.Max(1, atOnce / 2), kinds = JobRow.Kinds }, ct);
    }

    /// <summary>Returns the time until the next rate-limited job may send a chunk; null when none is waiting.</summary>
    public static Task<TimeSpan?> UntilReadyAsync(NpgsqlTransaction transaction, DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = $"""
            select min(ready_at) - coalesce(@now, now())
            from scheduler.job
            where status = '{JobStatuses.Running}' and ready_at > coalesce(@now, now())
            """;
        return transaction.ScalarAsync<TimeSpan?>(sql, new { now }, ct);
    }

    /// <summary>
    /// Advances a job. An answer to any chunk but the one in flight is outdated and changes nothing. Returns whether
    /// the job was advanced.
    /// </summary>
    public async Task<bool> AnswerAsync(Guid jobId, Protos.Events.V1.ChunkCompleted answer, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = $"""
            update scheduler.job
            set cursor = @cursor, chunk_no = chunk_no + 1, sent_at = null,
                ready_at = case when people_per_second > 0 then coalesce(sent_at, @now) + make_interval(secs => @done::float8 / people_per_second) end,
                done = coalesce(@doneSoFar, done + @done),
                changed = coalesce(@changedSoFar, changed + @changed),
                total = greatest(total, @total, coalesce(@doneSoFar, done + @done)), error = @error, updated_at = @now,
                status = case when @error <> '' then '{JobStatuses.Failed}' when @last then '{JobStatuses.Completed}'
                              else status end,
                ended_at = case when @error <> '' or @last then @now end
            where job_id = @jobId and status = '{JobStatuses.Running}' and chunk_no = @chunkNo
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(
            sql,
            new
            {
                jobId,
                cursor = answer.NextCursor,
                done = answer.Done,
                changed = answer.Changed,
                doneSoFar = answer.HasDoneSoFar ? answer.DoneSoFar : (int?)null,
                changedSoFar = answer.HasChangedSoFar ? answer.ChangedSoFar : (int?)null,
                total = answer.Total,
                error = answer.Error,
                last = answer.Last,
                chunkNo = answer.ChunkNo,
                now,
            },
            ct) == 1;
    }

    /// <summary>
    /// Whether a job is running and waiting for exactly this chunk. Job ids are unique over all sites.
    /// </summary>
    public async Task<bool> WantsAsync(Guid jobId, int chunkNo, CancellationToken ct)
    {
        const string sql = $"""
            select exists (
                select from scheduler.job where job_id = @jobId and status = '{JobStatuses.Running}' and chunk_no = @chunkNo)
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<bool>(sql, new { jobId, chunkNo }, ct);
    }

    /// <summary>Cancels a running job. A job that has ended stays unchanged.</summary>
    public async Task CancelAsync(Guid siteId, Guid jobId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = $"""
            update scheduler.job
            set status = '{JobStatuses.Cancelled}', updated_at = @now, ended_at = @now
            where site_id = @siteId and job_id = @jobId and status = '{JobStatuses.Running}'
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { siteId, jobId, now }, ct);
    }
}
