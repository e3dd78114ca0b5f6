using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Jobs;

/// <summary>Stores the last processed chunk of each job, with its answer.</summary>
public static class ChunkStore
{
    /// <summary>
    /// Locks the record of a job and returns its last processed chunk, 0 at first, and the answer. Concurrent
    /// deliveries wait here.
    /// </summary>
    public static Task<(int ChunkNo, byte[] Answer)> LockAsync(NpgsqlTransaction transaction, Guid jobId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.job_chunk (job_id, chunk_no, answer, answered_at)
            values (@jobId, 0, '', @now)
            on conflict (job_id) do update set answered_at = excluded.answered_at
            returning chunk_no, answer
            """;
        return transaction.QuerySingleAsync<(int, byte[])>(sql, new { jobId, now }, ct);
    }

    /// <summary>Stores an answer.</summary>
    public static Task SaveAnswerAsync(NpgsqlTransaction transaction, Guid jobId, int chunkNo, byte[] answer, CancellationToken ct)
    {
        const string sql = """
            update enrollment.job_chunk set chunk_no = @chunkNo, answer = @answer where job_id = @jobId
            """;
        return transaction.ExecuteAsync(sql, new { jobId, chunkNo, answer }, ct);
    }

    /// <summary>
    /// Returns jobs whose chunks were last requested before a time, with the last processed chunk, oldest first.
    /// </summary>
    public static async Task<IReadOnlyList<(Guid JobId, int ChunkNo)>> ListQuietAsync(
        NpgsqlDataSource source, DateTimeOffset before, int limit, CancellationToken ct)
    {
        const string sql = "select job_id, chunk_no from enrollment.job_chunk where answered_at < @before order by answered_at limit @limit";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, int)>(sql, new { before, limit }, ct);
    }

    /// <summary>
    /// Adds records for jobs that somebody requested before a time and none of whose chunks has arrived: each waits for
    /// its turn, was never started, or has no record any more.
    /// </summary>
    public static Task AddMissingAsync(NpgsqlDataSource source, DateTimeOffset before, DateTimeOffset now, int limit, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.job_chunk (job_id, chunk_no, answer, answered_at)
            select requested.job_id, 0, '', @now
            from (
                select job_id, created_at from enrollment.rule_enrollment
                union all
                select stop_id, created_at from enrollment.stop where forgotten_at is null) as requested
            where requested.created_at < @before
              and not exists (select from enrollment.job_chunk known where known.job_id = requested.job_id)
            limit @limit
            on conflict do nothing
            """;
        return source.ExecuteAsync(sql, new { before, now, limit }, ct);
    }

    /// <summary>Keeps the record of a job for another interval.</summary>
    public static Task KeepAsync(NpgsqlDataSource source, Guid jobId, DateTimeOffset now, CancellationToken ct) =>
        source.ExecuteAsync("update enrollment.job_chunk set answered_at = @now where job_id = @jobId", new { jobId, now }, ct);

    /// <summary>Removes the record of a job. Returns false if a chunk was requested since, or there is none.</summary>
    public static async Task<bool> ForgetAsync(NpgsqlTransaction transaction, Guid jobId, int chunkNo, DateTimeOffset before, CancellationToken ct)
    {
        const string sql = "delete from enrollment.job_chunk where job_id = @jobId and chunk_no = @chunkNo and answered_at < @before";
        return await transaction.ExecuteAsync(sql, new { jobId, chunkNo, before }, ct) > 0;
    }
}
