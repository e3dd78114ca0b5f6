using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Npgsql;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>The table `failed_message` of this service. <see cref="FailedMessages"/> decides what becomes of a message.</summary>
/// <remarks>The schema is the service's own constant, checked by its migrations.</remarks>
public sealed class FailedMessageStore(NpgsqlDataSource database, Outbox outbox)
{
    // Renewed during an attempt, so that a crashed attempt is repeated once its lease has ended.
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    /// <summary>How often to call <see cref="RenewAsync"/> during an attempt.</summary>
    public static readonly TimeSpan RenewEvery = Lease / 3;

    static readonly string PutOffType = typeof(PutOff).FullName!;

    string Table => $"{outbox.Schema}.failed_message";

    /// <summary>
    /// Stores a message that just failed. If the message is stored already, updates only the time of its last failure.
    /// </summary>
    /// <param name="message">The message. The database sets its times.</param>
    /// <param name="rest">The time until its next attempt; null for a dead letter.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>Whether it is new.</returns>
    public Task<bool> AddAsync(FailedMessage message, TimeSpan? rest, CancellationToken ct)
    {
        var sql = $"""
            insert into {Table} (
                failed_message_id, queue, message_id, message_type, body, trace_parent, cause, error_type, error, tries, failures, site_ids,
                next_try_at, dead_at)
            values (
                @FailedMessageId, @Queue, @MessageId, @MessageType, @Body, @TraceParent, @Cause, @ErrorType, @Error, @Tries, @Failures, @SiteIds,
                now() + @rest::interval, case when @rest::interval is null then now() end)
            on conflict (failed_message_id) do update set last_failed_at = now()
            returning xmax = 0
            """;

        var values = new
        {
            message.FailedMessageId,
            message.Queue,
            message.MessageId,
            message.MessageType,
            message.Body,
            message.TraceParent,
            message.Cause,
            message.ErrorType,
            message.Error,
            message.Tries,
            message.Failures,
            message.SiteIds,
            rest,
        };
        return database.ScalarAsync<bool>(sql, values, ct);
    }

    /// <summary>
    /// Claims messages that are due for a retry. An attempt that never ends, because the service crashes, counts as
    /// one.
    /// </summary>
    /// <param name="limit">Maximum number of messages that were not put off.</param>
    /// <param name="putOffLimit">Maximum number of messages that were put off. Their sites take turns.</param>
    /// <param name="hadTurns">
    /// Sites that had a turn, the most recent last. Sites that are not listed come first.
    /// </param>
    /// <param name="ct">Cancels the operation.</param>
    public Task<IReadOnlyList<FailedMessage>> ClaimDueAsync(int limit, int putOffLimit, Guid[] hadTurns, CancellationToken ct)
    {
        // Reads no times and no cause, because one unreadable value would fail the whole batch. Repeats the due
        // condition on the locked rows, because another replica may have claimed a row after `waiting` was read.
        var sql = $"""
            with usual as (
                select failed_message_id as due_id
                from {Table}
                where next_try_at <= now() and error_type <> @PutOffType
                order by next_try_at
                limit @limit
                for update skip locked
            ), put_off as (
                select message.failed_message_id as due_id
                from (
                    select failed_message_id, next_try_at, row_number() over (partition by site_ids order by next_try_at) as place,
                           (select coalesce(max(array_position(@hadTurns, site_id)), 0) from unnest(site_ids) as site_id) as had_turn
                    from {Table}
                    where next_try_at <= now() and error_type = @PutOffType) as waiting
                join {Table} as message on message.failed_message_id = waiting.failed_message_id
                where message.next_try_at <= now() and message.error_type = @PutOffType
                order by waiting.place, waiting.had_turn, waiting.next_try_at
                limit @putOffLimit
                for update of message skip locked
            ), due as (
                select due_id from usual union all select due_id from put_off
            )
            update {Table}
            set next_try_at = now() + @Lease, tries = least(tries, 1000000) + 1
            from due
            where failed_message_id = due_id
            returning failed_message_id, queue, message_id, message_type, body, trace_parent, tries, failures, site_ids, error_type = @PutOffType as is_put_off
            """;

        return database.QueryAsync<FailedMessage>(sql, new { limit, putOffLimit, hadTurns, PutOffType, Lease }, ct);
    }

    /// <summary>Extends the lease on a message during an attempt.</summary>
    public Task RenewAsync(FailedMessage message, CancellationToken ct) => database.ExecuteAsync(
        $"update {Table} set next_try_at = now() + @Lease where failed_message_id = @FailedMessageId and dead_at is null",
        new { message.FailedMessageId, Lease },
        ct);

    /// <summary>Releases a message whose attempt was cancelled because the service stops.</summary>
    public Task ReleaseAsync(FailedMessage message, CancellationToken ct) => database.ExecuteAsync(
        $"update {Table} set next_try_at = now(), tries = tries - 1 where failed_message_id = @FailedMessageId and dead_at is null",
        new { message.FailedMessageId },
        ct);

    /// <summary>Records a failed attempt. Changes nothing if the message has become a dead letter in the meantime.</summary>
    /// <param name="message">The message, with the new cause and number of attempts.</param>
    /// <param name="rest">The time until its next attempt; null if it becomes a dead letter.</param>
    /// <param name="ct">Cancels the operation.</param>
    public Task UpdateAsync(FailedMessage message, TimeSpan? rest, CancellationToken ct)
    {
        var sql = $"""
            update {Table}
            set cause = @Cause, error_type = @ErrorType, error = @Error, tries = @Tries, failures = least(failures, 1000000) + 1, last_failed_at = now(),
                next_try_at = now() + @rest::interval, dead_at = case when @rest::interval is null then now() end
            where failed_message_id = @FailedMessageId and dead_at is null
            """;

        return database.ExecuteAsync(
            sql, new { message.FailedMessageId, message.Cause, message.ErrorType, message.Error, message.Tries, rest }, ct);
    }

    /// <summary>Deletes a message that was handled.</summary>
    public Task DeleteAsync(FailedMessage message, CancellationToken ct) =>
        database.ExecuteAsync($"delete from {Table} where failed_message_id = @FailedMessageId", new { message.FailedMessageId }, ct);

    /// <summary>Makes dead letters due, with their counters reset, and returns their number.</summary>
    /// <param name="siteId">Only dead letters that name this site; null for all.</param>
    /// <param name="id">Only this dead letter; null for all.</param>
    /// <param name="ct">Cancels the operation.</param>
    public Task<int> ReviveAsync(Guid? siteId, Guid? id, CancellationToken ct)
    {
        var sql = $"""
            update {Table}
            set next_try_at = now(), dead_at = null, tries = 0, failures = 0
            where dead_at is not null
              and (@siteId::uuid is null or @siteId = any(site_ids)) and (@id::uuid is null or failed_message_id = @id)
            """;

        return database.ExecuteAsync(sql, new { siteId, id }, ct);
    }

    /// <summary>Returns the time until the next message is due, at most a day; null if no message waits.</summary>
    public Task<TimeSpan?> NextDueInAsync(CancellationToken ct)
    {
        // Clamped to times that a program can read, whatever the column contains.
        var sql = $"""
            select least(greatest(next_try_at, now()), now() + interval '1 day') - now()
            from {Table}
            where next_try_at is not null
            order by next_try_at
            limit 1
            """;

        return database.ScalarAsync<TimeSpan?>(sql, null, ct);
    }

    /// <summary>Returns the sites named by messages that were put off and wait for a retry.</summary>
    public async Task<IReadOnlySet<Guid>> ListPutOffSitesAsync(CancellationToken ct)
    {
        var sql = $"select distinct unnest(site_ids) from {Table} where next_try_at is not null and error_type = @PutOffType";

        return (await database.QueryAsync<Guid>(sql, new { PutOffType }, ct)).ToHashSet();
    }

    /// <summary>Lists dead letters that name the site, newest first.</summary>
    public Task<(IReadOnlyList<FailedMessage> Rows, int Total)> ListDeadAsync(
        Guid siteId, DateTimeOffset? beforeTime, Guid? beforeId, int limit, CancellationToken ct)
    {
        var sql = $"""
            select failed_message_id, queue, message_id, message_type, body, trace_parent, cause, error_type, error, tries, failures, site_ids,
                   first_failed_at, last_failed_at, dead_at
            from {Table}
            where dead_at is not null and @siteId = any(site_ids)
              and (@beforeTime::timestamptz is null or (dead_at, failed_message_id) < (@beforeTime, @beforeId))
            order by dead_at desc, failed_message_id desc
            limit @limit;

            select count(*)::integer from {Table} where dead_at is not null and @siteId = any(site_ids)
            """;

        return database.QueryPageAsync<FailedMessage>(sql, new { siteId, beforeTime, beforeId = beforeId ?? Guid.Empty, limit }, ct);
    }

    /// <summary>Returns whether the site has such a message, dead or waiting.</summary>
    public Task<bool> HasAsync(Guid siteId, Guid id, CancellationToken ct)
    {
        var sql = $"select exists (select from {Table} where failed_message_id = @id and @siteId = any(site_ids))";

        return database.ScalarAsync<bool>(sql, new { siteId, id }, ct);
    }

    /// <summary>Counts dead and waiting messages by queue.</summary>
    public Task<IReadOnlyList<(string Queue, long Dead, long Waiting)>> CountAsync(CancellationToken ct)
    {
        var sql = $"select queue, count(dead_at), count(next_try_at) from {Table} group by queue order by queue";

        return database.QueryAsync<(string, long, long)>(sql, null, ct);
    }
}
