using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Erasure;

/// <summary>An erasure in progress.</summary>
public sealed record ErasureRow
{
    public Guid SiteId { get; init; }
    public Guid ProfileId { get; init; }
    public Guid JobId { get; init; }
    public Guid[] EnrollmentIds { get; init; } = [];
}

/// <summary>Stores the erasures in progress, and what is left to remove for each.</summary>
public static class ErasureStore
{
    /// <summary>
    /// Returns the erasure of a user who was erased before; null when there was none. The profile id is empty once the
    /// erasure is done.
    /// </summary>
    public static async Task<ErasureRow?> FindJobAsync(NpgsqlTransaction transaction, Guid siteId, string userId, CancellationToken ct)
    {
        const string sql = """
            select person.site_id, person.job_id, coalesce(erasure.profile_id, '00000000-0000-0000-0000-000000000000') as profile_id
            from enrollment.erased_person person
            left join enrollment.erasure on erasure.site_id = person.site_id and erasure.job_id = person.job_id
            where person.site_id = @siteId and person.id_hash = @hash
            """;
        return await transaction.QuerySingleOrDefaultAsync<ErasureRow>(
            sql, new { siteId, hash = ErasedPersonStore.HashOfUser(userId) }, ct);
    }

    /// <summary>Locks a user with all of the user's visitors; null when there is no such user.</summary>
    public static async Task<(Guid ProfileId, IReadOnlyList<string> AnonymousIds)?> LockAsync(
        NpgsqlTransaction transaction, Guid siteId, string userId, CancellationToken ct)
    {
        // Locks the visitors before the user, in the same order as identify.
        const string lockVisitors = """
            select visitor.anonymous_id
            from enrollment.visitor visitor
            join enrollment.profile profile on profile.site_id = visitor.site_id and profile.profile_id = visitor.profile_id
            where profile.site_id = @siteId and profile.user_id = @userId
            order by visitor.anonymous_id
            for update of visitor
            """;
        // Waits for all transactions that are storing data of this person, because they hold at least a key share lock.
        const string lockUser = "select profile_id from enrollment.profile where site_id = @siteId and user_id = @userId for update";
        const string list = "select anonymous_id from enrollment.visitor where site_id = @siteId and profile_id = @profileId";

        await transaction.ExecuteAsync(lockVisitors, new { siteId, userId }, ct);
        if (await transaction.ScalarAsync<Guid?>(lockUser, new { siteId, userId }, ct) is not { } profileId)
            return null;

        var anonymousIds = await transaction.QueryAsync<string>(list, new { siteId, profileId }, ct);
        return (profileId, anonymousIds.AsList());
    }

    /// <summary>Records what is left for the job to remove.</summary>
    public static Task BeginAsync(NpgsqlTransaction transaction, ErasureRow erasure, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.erasure (site_id, profile_id, job_id, enrollment_ids)
            values (@SiteId, @ProfileId, @JobId, @EnrollmentIds)
            on conflict do nothing
            """;
        return transaction.ExecuteAsync(sql, new { erasure.SiteId, erasure.ProfileId, erasure.JobId, erasure.EnrollmentIds }, ct);
    }

    /// <summary>
    /// Returns erasures whose job has not been started, or was last started before a time, by the id of the job.
    /// </summary>
    /// <param name="before">The time.</param>
    /// <param name="after">The last id of the previous page; empty for the first page.</param>
    public static async Task<IReadOnlyList<ErasureRow>> ListToStartAsync(
        NpgsqlDataSource source, DateTimeOffset before, Guid after, int limit, CancellationToken ct)
    {
        const string sql = """
            select site_id, profile_id, job_id
            from enrollment.erasure
            where (started_at is null or started_at < @before) and job_id > @after
            order by job_id
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ErasureRow>(sql, new { before, after, limit }, ct);
    }

    /// <summary>Records that the Scheduler has the job.</summary>
    public static async Task NoteStartedAsync(NpgsqlDataSource source, ErasureRow erasure, DateTimeOffset now, CancellationToken ct)
    {
        // Another replica may have given the erasure another job in the meantime.
        const string sql = "update enrollment.erasure set started_at = @now where site_id = @SiteId and profile_id = @ProfileId and job_id = @JobId";

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { erasure.SiteId, erasure.ProfileId, erasure.JobId, now }, ct);
    }

    /// <summary>Gives an erasure another job. Returns false if it is done or has another job already.</summary>
    public static async Task<bool> ExchangeJobAsync(NpgsqlTransaction transaction, ErasureRow erasure, Guid next, CancellationToken ct)
    {
        const string sql = """
            update enrollment.erasure set job_id = @next, started_at = null
            where site_id = @SiteId and profile_id = @ProfileId and job_id = @JobId
            """;
        return await transaction.ExecuteAsync(sql, new { erasure.SiteId, erasure.ProfileId, erasure.JobId, next }, ct) == 1;
    }

    /// <summary>Locks an erasure; null when it is done.</summary>
    public static async Task<ErasureRow?> FindAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = """
            select site_id, profile_id, job_id, enrollment_ids
            from enrollment.erasure
            where site_id = @siteId and profile_id = @profileId
            for update
            """;
        return await transaction.QuerySingleOrDefaultAsync<ErasureRow>(sql, new { siteId, profileId }, ct);
    }

    /// <summary>Removes the record of an erasure that is done.</summary>
    public static Task EndAsync(NpgsqlTransaction transaction, ErasureRow erasure, CancellationToken ct)
    {
        const string sql = "delete from enrollment.erasure where site_id = @SiteId and profile_id = @ProfileId";
        return transaction.ExecuteAsync(sql, new { erasure.SiteId, erasure.ProfileId }, ct);
    }
}
