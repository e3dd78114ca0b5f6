using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.BuildingBlocks.Outboxes;

/// <summary>A message that a relay has claimed.</summary>
public sealed record OutboxRow
{
    public Guid OutboxId { get; init; }

    public string MessageType { get; init; } = "";

    public byte[] Body { get; init; } = [];

    public string? TraceParent { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Attempts to publish it, this one included.</summary>
    public int Attempts { get; init; }
}

/// <summary>A message that was not published, and how long it rests.</summary>
public sealed record ReleasedRow(Guid OutboxId, int Attempts, TimeSpan Rest);

/// <summary>Claims, deletes and counts the messages that <see cref="Outbox"/> has added.</summary>
/// <remarks>The schema is the service's own constant, checked by its migrations.</remarks>
public sealed class OutboxStore(NpgsqlDataSource database, Outbox outbox)
{
    static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(10);

    /// <summary>Claims messages that are due, so that no other relay takes them before the lease ends.</summary>
    public Task<IReadOnlyList<OutboxRow>> ClaimAsync(int limit, TimeSpan lease, CancellationToken ct)
    {
        var sql = $"""
            with due as (
                select outbox_id
                from {outbox.Schema}.outbox
                where lease_until <= now()
                order by lease_until, outbox_id
                limit @limit
                for update skip locked
            )
            update {outbox.Schema}.outbox as claimed
            set lease_until = now() + @lease, attempts = least(claimed.attempts, 1000000) + 1
            from due
            where claimed.outbox_id = due.outbox_id
            returning claimed.outbox_id, claimed.message_type, claimed.body, claimed.trace_parent, claimed.created_at, claimed.attempts
            """;

        return database.QueryAsync<OutboxRow>(sql, new { limit, lease }, ct);
    }

    /// <summary>Deletes messages that the broker has confirmed, and releases the others. Takes at most ten seconds, also while the service stops.</summary>
    public async Task SettleAsync(Guid[] confirmed, IReadOnlyCollection<ReleasedRow> released)
    {
        var delete = $"delete from {outbox.Schema}.outbox where outbox_id = any(@confirmed)";
        var release = $"""
            update {outbox.Schema}.outbox as claimed
            set lease_until = now() + released.rest, attempts = released.attempts
            from unnest(@ids, @attempts, @rests) as released (outbox_id, attempts, rest)
            where claimed.outbox_id = released.outbox_id
            """;

        using var limit = new CancellationTokenSource(SettleLimit);
        await using var batch = database.CreateBatch();
        if (confirmed.Length > 0)
            batch.BatchCommands.Add(new(delete) { Parameters = { new NpgsqlParameter<Guid[]>("confirmed", confirmed) } });
        if (released.Count > 0)
            batch.BatchCommands.Add(new(release)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]>("ids", [.. released.Select(row => row.OutboxId)]),
                    new NpgsqlParameter<int[]>("attempts", [.. released.Select(row => row.Attempts)]),
                    new NpgsqlParameter<TimeSpan[]>("rests", [.. released.Select(row => row.Rest)]),
                },
            });
        if (batch.BatchCommands.Count == 0)
            return;
        await batch.ExecuteNonQueryAsync(limit.Token);
        Simulated.AtAnswer?.Invoke(batch.BatchCommands[0].CommandText);
    }

    /// <summary>Counts the messages that wait, and returns the age of the oldest in seconds.</summary>
    public async Task<(long Depth, double Age)> MeasureAsync(CancellationToken ct)
    {
        var sql = $"select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::double precision from {outbox.Schema}.outbox";

        await using var connection = await database.OpenConnectionAsync(ct);
        return await connection.QuerySingleAsync<(long, double)>(sql, null, ct);
    }
}
