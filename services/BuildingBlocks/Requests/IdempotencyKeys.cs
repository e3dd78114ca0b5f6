using Journeys.BuildingBlocks.Databases;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>The answer of a call when it was made for the first time.</summary>
/// <param name="Made">The ids of the objects that the call created.</param>
/// <param name="Found">The ids of the objects that existed already.</param>
public sealed record FirstAnswer(Guid[] Made, Guid[] Found);

/// <summary>Stores the answers of calls with a request id for a day, in the transaction that did the work.</summary>
/// <remarks>
/// A call whose answer was lost has committed both the work and the answer, or neither. Of two concurrent calls, the
/// second waits until the first has ended. The schema has the table of `idempotency_key.sql` as one of its migrations.
/// </remarks>
public sealed class IdempotencyKeys(string schema, NpgsqlDataSource database)
{
    // The time that the contract promises for `request_id`.
    const string Old = "created_at <= now() - interval '24 hours'";

    /// <summary>Claims the request for this transaction, before the transaction does anything else.</summary>
    /// <param name="transaction">The transaction that does the work.</param>
    /// <param name="key">The request; null when its caller gave no request id.</param>
    /// <param name="made">The ids of the objects that the call will create, if they are known.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>The first answer when the request was answered before; null when it is new or has no id.</returns>
    /// <exception cref="AlreadyThere">Reason REQUEST_ID_REUSED: the id belongs to another request.</exception>
    public async Task<FirstAnswer?> ClaimAsync(NpgsqlTransaction transaction, RequestKey? key, Guid[] made, CancellationToken ct)
    {
        // The schema is the service's own constant, checked by its migrations. The statement locks an existing row, so
        // the row still exists when it is read below.
        var sql = $"""
            insert into {schema}.idempotency_key as known (site_id, call, request_id, request_hash, made_ids, found_ids)
            values (@SiteId, @Call, @RequestId, @Hash, @made, @none)
            on conflict (site_id, call, request_id) do update
            set request_hash = excluded.request_hash, made_ids = excluded.made_ids, found_ids = excluded.found_ids, created_at = now()
            where known.{Old}
            """;

        if (key is null)
            return null;

        var parameters = new { key.SiteId, key.Call, key.RequestId, key.Hash, made, none = Array.Empty<Guid>() };
        var isNew = await transaction.ExecuteAsync(sql, parameters, ct) > 0;
        return isNew ? null : await ReadAsync(transaction.Connection!, key, ct);
    }

    /// <summary>Completes the answer of a claimed request, at the end of the same transaction.</summary>
    public async Task NoteAsync(NpgsqlTransaction transaction, RequestKey? key, FirstAnswer answer, CancellationToken ct)
    {
        var sql = $"""
            update {schema}.idempotency_key set made_ids = @Made, found_ids = @Found
            where site_id = @SiteId and call = @Call and request_id = @RequestId
            """;

        if (key is null)
            return;

        var parameters = new { key.SiteId, key.Call, key.RequestId, answer.Made, answer.Found };
        await transaction.ExecuteAsync(sql, parameters, ct);
    }

    /// <summary>
    /// Looks for the first answer without waiting for other calls, before checks whose result may have changed since.
    /// </summary>
    /// <exception cref="AlreadyThere">Reason REQUEST_ID_REUSED: the id belongs to another request.</exception>
    public async Task<FirstAnswer?> FindAsync(RequestKey? key, CancellationToken ct)
    {
        if (key is null)
            return null;

        await using var connection = await database.OpenConnectionAsync(ct);
        return await ReadAsync(connection, key, ct);
    }

    /// <summary>Deletes some rows that are older than a day.</summary>
    /// <returns>The number of rows deleted.</returns>
    public async Task<int> RemoveOldAsync(int limit, CancellationToken ct)
    {
        var sql = $"""
            with old as (
                select site_id, call, request_id
                from {schema}.idempotency_key
                where {Old}
                order by created_at
                limit @limit
                for update skip locked
            )
            delete from {schema}.idempotency_key as known
            using old
            where known.site_id = old.site_id and known.call = old.call and known.request_id = old.request_id
            """;

        return await database.ExecuteAsync(sql, new { limit }, ct);
    }

    // Within the connection's transaction, if it has one.
    async Task<FirstAnswer?> ReadAsync(NpgsqlConnection connection, RequestKey key, CancellationToken ct)
    {
        var sql = $"""
            select request_hash, made_ids, found_ids
            from {schema}.idempotency_key
            where site_id = @SiteId and call = @Call and request_id = @RequestId and not ({Old})
            """;

        var row = await connection.QuerySingleOrDefaultAsync<Row>(sql, new { key.SiteId, key.Call, key.RequestId }, ct);
        if (row is null)
            return null;
        if (!row.RequestHash.AsSpan().SequenceEqual(key.Hash))
            throw new AlreadyThere("REQUEST_ID_REUSED", $"The request id {key.RequestId} was already used for another request. Choose a new one.");

        return new FirstAnswer(row.MadeIds, row.FoundIds);
    }

    sealed record Row
    {
        public byte[] RequestHash { get; init; } = [];
        public Guid[] MadeIds { get; init; } = [];
        public Guid[] FoundIds { get; init; } = [];
    }
}

/// <summary>Deletes the rows that <see cref="IdempotencyKeys"/> has stored for a day.</summary>
public sealed class ForgetRequests(IdempotencyKeys keys) : IChore
{
    const int RowsAtOnce = 1_000;

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct) =>
        await keys.RemoveOldAsync(RowsAtOnce, ct) < RowsAtOnce ? TimeSpan.FromMinutes(10) : TimeSpan.Zero;
}

/// <summary>Registers idempotency keys.</summary>
public static class IdempotencyKeysExtensions
{
    /// <summary>Adds <see cref="IdempotencyKeys"/> and the task that deletes old rows.</summary>
    /// <param name="schema">The schema whose migrations create the table.</param>
    public static WebApplicationBuilder AddIdempotencyKeys(this WebApplicationBuilder builder, string schema)
    {
        builder.Services.AddSingleton(provider => new IdempotencyKeys(schema, provider.GetRequiredService<NpgsqlDataSource>()));
        builder.Services.AddLoop<ForgetRequests>();
        return builder;
    }
}
