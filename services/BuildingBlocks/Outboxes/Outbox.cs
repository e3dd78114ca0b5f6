using System.Diagnostics;
using Google.Protobuf;
using Journeys.BuildingBlocks.Databases;
using Npgsql;
using NpgsqlTypes;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>Messages that leave the service if, and only if, the transaction they were added in commits.</summary>
/// <remarks>They are delivered at least once and in no particular order.</remarks>
public sealed class Outbox(string schema, Wake<OutboxRelay> wake)
{
    /// <summary>The schema that holds the table `outbox`.</summary>
    public string Schema => schema;

    /// <summary>Adds messages in one statement. Call <see cref="Wake"/> after the commit.</summary>
    public async Task AddAsync(NpgsqlTransaction transaction, IEnumerable<IMessage> messages, CancellationToken ct)
    {
        var added = ToCommand(messages);
        if (added is null)
            return;

        await using var batch = new NpgsqlBatch(transaction.Connection, transaction) { BatchCommands = { added } };
        await batch.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Adds one message. Call <see cref="Wake"/> after the commit.</summary>
    public Task AddAsync(NpgsqlTransaction transaction, IMessage message, CancellationToken ct) => AddAsync(transaction, [message], ct);

    /// <summary>
    /// Returns the statement that adds the messages, for a batch that saves other rows in the same round trip; null if
    /// there are no messages.
    /// </summary>
    public NpgsqlBatchCommand? ToCommand(IEnumerable<IMessage> messages)
    {
        // The schema is the service's own constant, checked by its migrations.
        var sql = $"""
            insert into {schema}.outbox (outbox_id, message_type, body, trace_parent)
            select outbox_id, message_type, body, @trace_parent
            from unnest(@ids, @types, @bodies) as added (outbox_id, message_type, body)
            """;

        var rows = messages.ToList();
        if (rows.Count == 0)
            return null;

        return new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]>("ids", [.. rows.Select(_ => FreshId.Make())]),
                new NpgsqlParameter<string[]>("types", [.. rows.Select(row => row.Descriptor.FullName)]),
                new NpgsqlParameter<byte[][]>("bodies", [.. rows.Select(row => row.ToByteArray())]),
                new NpgsqlParameter("trace_parent", NpgsqlDbType.Text) { Value = (object?)Activity.Current?.Id ?? DBNull.Value },
            },
        };
    }

    /// <summary>Returns the id of the newest message that is not published yet; null when there is none.</summary>
    public Task<Guid?> FindNewestAsync(NpgsqlTransaction transaction, CancellationToken ct) =>
        transaction.ScalarAsync<Guid?>($"select outbox_id from {schema}.outbox order by outbox_id desc limit 1", null, ct);

    /// <summary>
    /// Reads the next messages that are not published yet, and locks those of some types whose body contains a byte
    /// string.
    /// </summary>
    /// <param name="transaction">Holds the locks.</param>
    /// <param name="types">Full names of the types.</param>
    /// <param name="needle">The byte string.</param>
    /// <param name="after">The message after which to begin.</param>
    /// <param name="until">The last message to read.</param>
    /// <param name="most">Maximum number of messages to read, and to lock.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>
    /// The last message that was read, <paramref name="until"/> when there is none after it; and the locked messages.
    /// </returns>
    public async Task<(Guid Reached, IReadOnlyList<(Guid OutboxId, string Type, byte[] Body)> Found)> LockNextAsync(
        NpgsqlTransaction transaction, string[] types, byte[] needle, Guid after, Guid until, (int Looked, int Found) most, CancellationToken ct)
    {
        var last = $"""
            select outbox_id
            from (
                select outbox_id from {schema}.outbox where outbox_id > @after and outbox_id <= @until order by outbox_id limit @Looked) as looked
            order by outbox_id desc
            limit 1
            """;
        // Locked, so that a concurrent change of the same body does not undo this caller's change.
        var find = $"""
            select outbox_id, message_type, body
            from {schema}.outbox
            where outbox_id > @after and outbox_id <= @reached and message_type = any(@types) and position(@needle in body) > 0
            order by outbox_id
            limit @Found
            for update
            """;

        if (await transaction.ScalarAsync<Guid?>(last, new { after, until, most.Looked }, ct) is not { } reached)
            return (until, []);

        var found = await transaction.QueryAsync<(Guid OutboxId, string Type, byte[] Body)>(find, new { types, needle, after, reached, most.Found }, ct);
        return (found.Count == most.Found ? found[^1].OutboxId : reached, found);
    }

    /// <summary>Replaces the bodies of messages.</summary>
    public Task RewriteAsync(NpgsqlTransaction transaction, IReadOnlyList<(Guid OutboxId, IMessage Message)> messages, CancellationToken ct)
    {
        var sql = $"""
            update {schema}.outbox as old
            set body = changed.body
            from unnest(@ids, @bodies) as changed (outbox_id, body)
            where old.outbox_id = changed.outbox_id
            """;
        return messages.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(
                sql, new { ids = messages.Select(one => one.OutboxId).ToArray(), bodies = messages.Select(one => one.Message.ToByteArray()).ToArray() }, ct);
    }

    /// <summary>Deletes messages before they are published.</summary>
    public Task DropAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Guid> outboxIds, CancellationToken ct) =>
        outboxIds.Count == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync($"delete from {schema}.outbox where outbox_id = any(@ids)", new { ids = outboxIds.ToArray() }, ct);

    /// <summary>
    /// Wakes the relay. A wake that is lost in a crash costs at most the two seconds of the relay's rest.
    /// </summary>
    public void Wake() => wake.Set();
}
