using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Scheduling;

/// <summary>Stores how many wake-ups Enrollment had to repair, and when.</summary>
public sealed class RepairStore(NpgsqlDataSource source)
{
    /// <summary>Records repairs. A repeated message counts once.</summary>
    public async Task NoteAsync(Guid messageId, int count, DateTimeOffset repairedAt, CancellationToken ct)
    {
        const string sql = """
            insert into scheduler.repair (message_id, count, repaired_at) values (@messageId, @count, @repairedAt) on conflict do nothing
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(sql, new { messageId, count, repairedAt }, ct);
    }
}
