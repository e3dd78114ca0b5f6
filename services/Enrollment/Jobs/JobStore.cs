using Dapper;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Jobs;

/// <summary>Slices of people for jobs.</summary>
public static class JobStore
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

    /// <summary>Remembers an answer. Jobs that nobody asked about for a day are forgotten.</summary>
    public static Task RememberAsync(NpgsqlTransaction transaction, Guid jobId, int chunkNo, byte[] answer, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.job_chunk set chunk_no = @chunkNo, answer = @answer where job_id = @jobId;

            delete from enrollment.job_chunk
            where job_id in (select job_id from enrollment.job_chunk where answered_at < @forgotten limit 100 for update skip locked);
            """;
        return transaction.ExecuteAsync(sql, new { jobId, chunkNo, answer, forgotten = now.AddDays(-1) }, ct);
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
