using System.Security.Cryptography;
using System.Text;
using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Outboxes;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>A row of `failed_message`.</summary>
public sealed record FailedMessage
{
    public Guid FailedMessageId { get; init; }

    public string Queue { get; init; } = "";

    public Guid MessageId { get; init; }

    public string MessageType { get; init; } = "";

    public byte[] Body { get; init; } = [];

    public string? TraceParent { get; init; }

    public string Cause { get; init; } = "";

    public string ErrorType { get; init; } = "";

    public string Error { get; init; } = "";

    /// <summary>Attempts that count toward the limit, including the attempt in progress.</summary>
    public int Tries { get; init; }

    public int Failures { get; init; }

    public Guid[] SiteIds { get; init; } = [];

    public DateTimeOffset FirstFailedAt { get; init; }

    public DateTimeOffset LastFailedAt { get; init; }

    public DateTimeOffset? DeadAt { get; init; }

    /// <summary>
    /// Whether the last attempt ended with <see cref="PutOff"/>, so that other messages got its place.
    /// </summary>
    public bool IsPutOff { get; init; }

    /// <summary>The message itself.</summary>
    public Letter Letter => new(MessageId, MessageType, Body, TraceParent);
}

/// <summary>
/// Stores the messages that the consumers of this service could not handle: those that wait for a retry, and dead
/// letters.
/// </summary>
/// <remarks>The schema is the service's own constant, checked by its migrations.</remarks>
public sealed class FailedMessages(
    NpgsqlDataSource database, Outbox outbox, MessagingOptions options, Wake<RetryFailedMessages> wake, ILogger<FailedMessages> logger)
{
    // Renewed during an attempt, so that a crashed attempt is repeated once its lease has ended.
    static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);

    /// <summary>How often to call <see cref="RenewAsync"/> during an attempt.</summary>
    public static readonly TimeSpan RenewEvery = Lease / 3;

    static readonly string PutOffType = typeof(PutOff).FullName!;

    const string Columns = """
        failed_message_id, queue, message_id, message_type, body, trace_parent, cause, error_type, error, tries, failures, site_ids,
        first_failed_at, last_failed_at, dead_at
        """;

    string Table => $"{outbox.Schema}.failed_message";

    /// <summary>
    /// Stores a message that just failed. If the message is stored already, updates only the time of its last failure.
    /// </summary>
    /// <param name="tries">Attempts that already count toward the limit.</param>
    public async Task KeepAsync(
        string queue, Letter letter, Failure failure, IEnumerable<Guid> sites, int tries, CancellationToken ct)
    {
        var sql = $"""
            insert into {Table} (
                failed_message_id, queue, message_id, message_type, body, trace_parent, cause, error_type, error, tries, failures, site_ids,
                next_try_at, dead_at)
            values (
                @id, @queue, @messageId, @type, @body, @trace, @cause, @errorType, @error, @tries, 1, @sites,
                case when @dead then null else now() + @rest end, case when @dead then now() end)
            on conflict (failed_message_id) do update set last_failed_at = now()
            returning xmax = 0
            """;

        var dead = failure.Fault == Fault.Final;
        var values = new
        {
            id = IdOf(queue, letter.Id),
            queue,
            messageId = letter.Id,
            type = Storable(letter.Type, 256),
            body = letter.Body,
            trace = letter.TraceParent is { } trace ? Storable(trace, 256) : null,
            cause = failure.Cause,
            errorType = Storable(failure.ErrorType, 256),
            error = Storable(failure.Error, 2_000),
            tries,
            sites = sites.ToArray(),
            dead,
            rest = RestAfter(1),
        };
        await using var connection = await database.OpenConnectionAsync(ct);
        var isNew = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(sql, values, cancellationToken: ct));
        wake.Set();
        if (isNew && dead)
            SayDead(queue, letter, failure.Cause, failure.Error);
        else if (isNew)
            logger.LogWarning("{Queue} stored {Type} {Id} for a retry: {Error}", queue, letter.Type, letter.Id, failure.Error);
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
    public async Task<IReadOnlyList<FailedMessage>> TakeDueAsync(int limit, int putOffLimit, Guid[] hadTurns, CancellationToken ct)
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

        await using var connection = await database.OpenConnectionAsync(ct);
        var values = new { limit, putOffLimit, hadTurns, PutOffType, Lease };
        return (await connection.QueryAsync<FailedMessage>(new CommandDefinition(sql, values, cancellationToken: ct))).AsList();
    }

    /// <summary>Returns the sites named by messages that were put off and wait for a retry.</summary>
    public async Task<IReadOnlySet<Guid>> ListPutOffSitesAsync(CancellationToken ct)
    {
        var sql = $"select distinct unnest(site_ids) from {Table} where next_try_at is not null and error_type = @PutOffType";

        await using var connection = await database.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Guid>(new CommandDefinition(sql, new { PutOffType }, cancellationToken: ct))).ToHashSet();
    }

    /// <summary>Extends the lease on a message during an attempt.</summary>
    public Task RenewAsync(FailedMessage message, CancellationToken ct) => ExecuteAsync(
        $"update {Table} set next_try_at = now() + @Lease where failed_message_id = @FailedMessageId and dead_at is null",
        new { message.FailedMessageId, Lease }, ct);

    /// <summary>Returns the time until the next message is due, at most a day; null if no message waits.</summary>
    public async Task<TimeSpan?> NextDueInAsync(CancellationToken ct)
    {
        // Clamped to times that a program can read, whatever the column contains.
        var sql = $"""
            select least(greatest(next_try_at, now()), now() + interval '1 day') - now()
            from {Table}
            where next_try_at is not null
            order by next_try_at
            limit 1
            """;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<TimeSpan?>(new CommandDefinition(sql, cancellationToken: ct));
    }

    /// <summary>Deletes a message that was handled.</summary>
    public Task RemoveAsync(FailedMessage message, CancellationToken ct) =>
        ExecuteAsync($"delete from {Table} where failed_message_id = @FailedMessageId", message, ct);

    /// <summary>Releases a message whose attempt was cancelled because the service stops.</summary>
    public Task ReleaseAsync(FailedMessage message, CancellationToken ct) => ExecuteAsync(
        $"update {Table} set next_try_at = now(), tries = tries - 1 where failed_message_id = @FailedMessageId and dead_at is null", message, ct);

    /// <summary>Records a failed attempt: the message waits again, or becomes a dead letter.</summary>
    public async Task NoteFailureAsync(FailedMessage message, Failure failure, CancellationToken ct)
    {
        var sql = $"""
            update {Table}
            set cause = @cause, error_type = @errorType, error = @error, tries = @tries, failures = least(failures, 1000000) + 1, last_failed_at = now(),
                next_try_at = case when @dead then null else now() + @rest end, dead_at = case when @dead then now() end
            where failed_message_id = @id and dead_at is null
            """;

        var dead = failure.Fault == Fault.Final || (failure.Fault == Fault.Unknown && message.Tries >= options.MostTries);
        var values = new
        {
            id = message.FailedMessageId,
            cause = failure.Cause,
            errorType = Storable(failure.ErrorType, 256),
            error = Storable(failure.Error, 2_000),
            tries = failure.Fault is Fault.Passing or Fault.Mendable ? message.Tries - 1 : message.Tries,
            dead,
            rest = RestAfter(message.Failures + 1),
        };
        await ExecuteAsync(sql, values, ct);
        if (dead)
            SayDead(message.Queue, message.Letter, failure.Cause, failure.Error);
    }

    /// <summary>Lists dead letters that name the site, newest first.</summary>
    public async Task<(IReadOnlyList<FailedMessage> Rows, int Total)> ListDeadAsync(
        Guid siteId, DateTimeOffset? beforeTime, Guid? beforeId, int limit, CancellationToken ct)
    {
        var list = $"""
            select {Columns}
            from {Table}
            where dead_at is not null and @siteId = any(site_ids)
              and (@beforeTime::timestamptz is null or (dead_at, failed_message_id) < (@beforeTime, @beforeId))
            order by dead_at desc, failed_message_id desc
            limit @limit
            """;
        var count = $"select count(*) from {Table} where dead_at is not null and @siteId = any(site_ids)";

        await using var connection = await database.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<FailedMessage>(
            new CommandDefinition(list, new { siteId, beforeTime, beforeId = beforeId ?? Guid.Empty, limit }, cancellationToken: ct));
        return (rows.AsList(), await connection.ExecuteScalarAsync<int>(new CommandDefinition(count, new { siteId }, cancellationToken: ct)));
    }

    /// <summary>
    /// Returns dead letters to the queues where they failed. They are retried at once, with their counters reset.
    /// </summary>
    /// <param name="siteId">Only dead letters that name this site; null for all.</param>
    /// <param name="id">Only this dead letter; null for all.</param>
    /// <returns>The number of messages; 0 when they were resent before.</returns>
    public async Task<int> ResendAsync(Guid? siteId, Guid? id, CancellationToken ct)
    {
        var sql = $"""
            update {Table}
            set next_try_at = now(), dead_at = null, tries = 0, failures = 0
            where dead_at is not null
              and (@siteId::uuid is null or @siteId = any(site_ids)) and (@id::uuid is null or failed_message_id = @id)
            """;

        var resent = await ExecuteAsync(sql, new { siteId, id }, ct);
        wake.Set();
        if (resent > 0)
            logger.LogInformation("{Count} dead letters of {Schema} were sent back", resent, outbox.Schema);
        return resent;
    }

    /// <summary>Returns whether the site has such a message, dead or waiting.</summary>
    public async Task<bool> HasAsync(Guid siteId, Guid id, CancellationToken ct)
    {
        var sql = $"select exists (select from {Table} where failed_message_id = @id and @siteId = any(site_ids))";

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(sql, new { siteId, id }, cancellationToken: ct));
    }

    /// <summary>Counts dead and waiting messages by queue.</summary>
    public async Task<IReadOnlyList<(string Queue, long Dead, long Waiting)>> CountAsync(CancellationToken ct)
    {
        var sql = $"select queue, count(dead_at), count(next_try_at) from {Table} group by queue order by queue";

        await using var connection = await database.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<(string, long, long)>(new CommandDefinition(sql, cancellationToken: ct))).AsList();
    }

    TimeSpan RestAfter(int failures) => BackOff.After(
        failures, TimeSpan.FromSeconds(options.FirstRetrySeconds), TimeSpan.FromSeconds(options.LongestRetrySeconds));

    void SayDead(string queue, Letter letter, string cause, string error) => logger.LogError(
        "{Type} {Id} is a dead letter of {Queue} ({Cause}): {Error}. It can be sent back", letter.Type, letter.Id, queue, cause, error);

    async Task<int> ExecuteAsync(string sql, object values, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(new CommandDefinition(sql, values, cancellationToken: ct));
    }

    static Guid IdOf(string queue, Guid messageId) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{queue}/{messageId}")).AsSpan(0, 16));

    // PostgreSQL stores neither NUL nor half of a surrogate pair; a message that cannot be stored would block its
    // queue.
    static string Storable(string text, int most)
    {
        var cut = text.Length > most ? text[..most] : text;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(cut)).Replace('\0', '\uFFFD');
    }
}
