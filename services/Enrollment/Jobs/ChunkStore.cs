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
    /// Removes the record of a job if it has not been requested since, or keeps it for another interval. Returns
    /// whether it was removed.
    /// </summary>
    public static async Task<bool> ForgetAsync(
        NpgsqlDataSource source, Guid jobId, int chunkNo, bool keep, DateTimeOffset before, DateTimeOffset now, CancellationToken ct)
    {
        const string forget = "delete from enrollment.job_chunk where job_id = @jobId and chunk_no = @chunkNo and answered_at < @before";
        const string keepOn = "update enrollment.job_chunk set answered_at = @now where job_id = @jobId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(keep ? keepOn : forget, new { jobId, chunkNo, before, now }, ct) > 0 && !keep;
    }
}
