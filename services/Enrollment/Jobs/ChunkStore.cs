using Dapper;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Jobs;

/// <summary>Slices of people for jobs.</summary>
public static class ChunkStore
{
    /// <summary>Locks what is remembered of a job: its newest chunk that was done, 0 at first, and the answer. Racing deliveries queue up here.</summary>
    public static Task<(int ChunkNo, byte[] Answer)> LockAsync(NpgsqlTransaction transaction, Guid jobId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.job_chunk (job_id, chunk_no, answer, answered_at)
            values (@jobId, 0, '', @now)
            on conflict (job_id) do update set answered_at = excluded.answered_at
            returning chunk_no, answer
            """;
        return transaction.Connection!.QuerySingleAsync<(int, byte[])>(new CommandDefinition(sql, new { jobId, now }, transaction, cancellationToken: ct));
    }

    /// <summary>Remembers an answer.</summary>
    public static Task RememberAsync(NpgsqlTransaction transaction, Guid jobId, int chunkNo, byte[] answer, CancellationToken ct)
    {
        const string sql = """
            update enrollment.job_chunk set chunk_no = @chunkNo, answer = @answer where job_id = @jobId
            """;
        return transaction.ExecuteAsync(sql, new { jobId, chunkNo, answer }, ct);
    }

    /// <summary>Jobs that nobody asked about since a time, with the newest chunk that was done, oldest first.</summary>
    public static async Task<IReadOnlyList<(Guid JobId, int ChunkNo)>> ListQuietAsync(
        NpgsqlDataSource source, DateTimeOffset before, int limit, CancellationToken ct)
    {
        const string sql = "select job_id, chunk_no from enrollment.job_chunk where answered_at < @before order by answered_at limit @limit";

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<(Guid, int)>(new CommandDefinition(sql, new { before, limit }, cancellationToken: ct))).AsList();
    }

    /// <summary>Forgets a job if it is still quiet, or keeps it for another while.</summary>
    public static async Task ForgetAsync(
        NpgsqlDataSource source, Guid jobId, int chunkNo, bool keep, DateTimeOffset before, DateTimeOffset now, CancellationToken ct)
    {
        const string forget = "delete from enrollment.job_chunk where job_id = @jobId and chunk_no = @chunkNo and answered_at < @before";
        const string keepOn = "update enrollment.job_chunk set answered_at = @now where job_id = @jobId";

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(keep ? keepOn : forget, new { jobId, chunkNo, before, now }, cancellationToken: ct));
    }

    /// <summary>Members of a list by profile id, after one; kept from being removed until the transaction ends.</summary>
    public static async Task<IReadOnlyList<ProfileRow>> LockMembersAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid listId, Guid after, int limit, CancellationToken ct)
    {
        const string sql = """
            select p.profile_id, coalesce(p.user_id, '') as user_id, p.traits::text as traits, p.context::text as context,
                   p.time_zone, p.locale, p.created_at, p.seen_at
            from enrollment.user_list_member member
            join enrollment.profile p on p.site_id = member.site_id and p.profile_id = member.profile_id
            where member.site_id = @siteId and member.list_id = @listId and member.profile_id > @after
            order by member.profile_id
            limit @limit
            for key share of p
            """;
        return (await transaction.Connection!.QueryAsync<ProfileRow>(
            new CommandDefinition(sql, new { siteId, listId, after, limit }, transaction, cancellationToken: ct))).AsList();
    }

    /// <summary>How many are inside a journey.</summary>
    public static Task<int> CountArchivedAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = """
            select count(*)::integer
            from enrollment.enrollment e
            join enrollment.journey j on j.site_id = e.site_id and j.journey_id = e.journey_id
            where e.site_id = @siteId and e.journey_id = @journeyId and e.status = 'ACTIVE' and e.version <= j.archived_version
            """;
        return transaction.ScalarAsync<int>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>How many in a journey have signals held for them.</summary>
    public static Task<int> CountHoldingAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
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
