using System.Diagnostics;
using Dapper;
using Google.Protobuf;
using Npgsql;
using NpgsqlTypes;

namespace Journeys.BuildingBlocks;

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

    /// <summary>The statement that adds the messages, for a batch that saves other things in the same round trip; null if there are none.</summary>
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

    /// <summary>Messages that have not left yet and whose body contains one of these byte strings.</summary>
    public async Task<IReadOnlyList<(Guid OutboxId, string Type, byte[] Body)>> FindAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<byte[]> needles, CancellationToken ct)
    {
        var sql = $"""
            select outbox_id, message_type, body
            from {schema}.outbox
            where exists (select from unnest(@needles) as needle where position(needle in body) > 0)
            """;
        return (await transaction.Connection!.QueryAsync<(Guid, string, byte[])>(
            new CommandDefinition(sql, new { needles = needles.ToArray() }, transaction, cancellationToken: ct))).AsList();
    }

    /// <summary>Puts another body in the place of a message's.</summary>
    public Task RewriteAsync(NpgsqlTransaction transaction, Guid outboxId, IMessage message, CancellationToken ct) =>
        transaction.ExecuteAsync(
            $"update {schema}.outbox set body = @body where outbox_id = @outboxId", new { outboxId, body = message.ToByteArray() }, ct);

    /// <summary>Takes a message back before it leaves.</summary>
    public Task DropAsync(NpgsqlTransaction transaction, Guid outboxId, CancellationToken ct) =>
        transaction.ExecuteAsync($"delete from {schema}.outbox where outbox_id = @outboxId", new { outboxId }, ct);

    /// <summary>Has the relay look at once. A wake that never comes, because of a crash, costs at most the two seconds of its rest.</summary>
    public void Wake() => wake.Set();
}
