using System.Collections.Concurrent;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Waits for the moves that began before a pause, an archiving or a halt of the site, which may have read the status before it.</summary>
/// <remarks>
/// Whoever moves somebody locks enrollments first and reads the status of the journey after that, without holding it, so that moves cost no lock more. The
/// lock of the table comes with the first of these statements and stays until the transaction has ended, so those that have it now are all that matter:
/// whoever gets it later reads the new status. Transactions of other tables, of other databases, backups and long readers are not among them, and it is the
/// same behind a pooler and for all replicas, because PostgreSQL is asked, not the sessions.
/// </remarks>
public sealed class MoveQueries(NpgsqlDataSource source)
{
    // Together less than Definition waits for the answer.
    const int MostLooks = 100;
    const int MostChanges = 10_000;
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    // The moves that are still waited for, by the change. Whoever asks again waits for these only: some move is under way at nearly any moment.
    readonly ConcurrentDictionary<ByteString, string[]> waiting = new();

    /// <summary>Returns when those that were under way have ended when this was first asked of a change, which has committed.</summary>
    /// <exception cref="Unreachable">Some take longer. The caller asks again.</exception>
    public async Task WaitAsync(IMessage change, CancellationToken ct)
    {
        var key = change.ToByteString();
        var now = await ListAsync(ct);
        var moves = waiting.TryGetValue(key, out var before) ? [.. before.Intersect(now)] : now;
        for (var looks = 1; moves.Length > 0; looks++)
        {
            if (waiting.Count >= MostChanges)
                waiting.Clear();
            waiting[key] = moves;
            if (looks == MostLooks)
                throw new Unreachable();
            await Simulated.RestAsync(Rest, ct);
            moves = [.. moves.Intersect(await ListAsync(ct))];
        }

        waiting.TryRemove(key, out _);
    }

    // By the ids of the transactions, which are not given again.
    async Task<string[]> ListAsync(CancellationToken ct)
    {
        const string sql = """
            select distinct virtualtransaction
            from pg_locks
            where locktype = 'relation' and relation = 'enrollment.enrollment'::regclass and granted
              and database = (select oid from pg_database where datname = current_database())
              and mode in ('RowShareLock', 'RowExclusiveLock')
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return [.. await connection.QueryAsync<string>(sql, new { }, ct)];
    }
}
