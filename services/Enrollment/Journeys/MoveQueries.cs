using System.Buffers.Binary;
using System.Collections.Concurrent;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Protos.Events.V1;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Waits for moves of a site that began before a change of it, such as a pause or a new rule, because they may have read the state before it.</summary>
/// <remarks>
/// A move locks enrollments first and then reads the status of the journey, without locking it. Its first statement takes a lock on the table
/// `enrollment`, which lasts until the transaction ends. So only the transactions that hold this lock after the change has committed matter: later ones
/// read the new status. Transactions of other tables or databases, backups and long reads do not hold it. This works behind a pooler and for all
/// replicas, because it reads PostgreSQL's list of locks.
/// Before it reads the status, a move also shares an advisory lock of its site, so that moves of other sites need not be waited for. A transaction without
/// such a lock is waited for: it may be of an older release, or may not have taken it yet.
/// </remarks>
public sealed class MoveQueries(NpgsqlDataSource source)
{
    /// <summary>The first key of the advisory locks that moves share, and no other lock has. The second is the site's.</summary>
    public const string LockClass = "1835365733";

    // Each takes room in PostgreSQL's table of locks. A move of people of more sites takes one lock for which all sites wait.
    const int MostSites = 8;
    const int AllSites = 0;

    // Together less than Definition waits for the answer.
    const int MostLooks = 100;
    const int MostChanges = 10_000;
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    // The moves that are still waited for, by change. A repeated call waits for these only, because new moves begin all the time.
    readonly ConcurrentDictionary<ByteString, string[]> waiting = new();

    /// <summary>Returns the second keys of the advisory locks that a move of people of these sites shares.</summary>
    public static int[] KeysOf(IReadOnlyCollection<Guid> siteIds)
    {
        int[] keys = [.. siteIds.Select(KeyOf).Distinct().Take(MostSites + 1)];
        return keys.Length <= MostSites ? keys : [AllSites];
    }

    // Two sites may have the same key. Then they wait for each other's moves, too.
    static int KeyOf(Guid siteId) => BinaryPrimitives.ReadInt32BigEndian(siteId.ToByteArray(bigEndian: true).AsSpan(12));

    /// <summary>Waits until all moves that were in progress when this change was first awaited have ended.</summary>
    /// <param name="siteId">The site of the change.</param>
    /// <param name="change">The change, which has committed.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="Unreachable">Some moves take longer. The caller repeats the call.</exception>
    public async Task WaitAsync(Guid siteId, IMessage change, CancellationToken ct)
    {
        var key = change.ToByteString();
        var now = await ListAsync(siteId, ct);
        var moves = waiting.TryGetValue(key, out var before) ? [.. before.Intersect(now)] : now;
        for (var looks = 1; moves.Length > 0; looks++)
        {
            if (waiting.Count >= MostChanges)
                waiting.Clear();
            waiting[key] = moves;
            if (looks == MostLooks)
                throw new Unreachable();
            await Simulated.RestAsync(Rest, ct);
            moves = [.. moves.Intersect(await ListAsync(siteId, ct))];
        }

        waiting.TryRemove(key, out _);
    }

    /// <summary>Does the same for the change that a chunk follows from.</summary>
    /// <exception cref="NotYet">Some moves take longer. The chunk is tried again.</exception>
    public async Task WaitForEarlierAsync(Guid siteId, ChunkRequested chunk, CancellationToken ct)
    {
        try
        {
            await WaitAsync(siteId, chunk, ct);
        }
        catch (Unreachable)
        {
            throw new NotYet($"Steps that began before the last change of journey {chunk.JourneyId} are still being stored.");
        }
    }

    // Returns the virtual ids of the transactions, which are not reused.
    async Task<string[]> ListAsync(Guid siteId, CancellationToken ct)
    {
        const string sql = $"""
            with held as materialized (
                select virtualtransaction, locktype, relation, database, mode, classid, objid, objsubid from pg_locks where granted
            ),
            elsewhere as (
                select virtualtransaction
                from held
                where locktype = 'advisory' and classid = {LockClass} and objsubid = 2
                  and database = (select oid from pg_database where datname = current_database())
                group by virtualtransaction
                having not bool_or(objid::bigint = any(@keys))
            )
            select distinct virtualtransaction
            from held
            where locktype = 'relation' and relation = 'enrollment.enrollment'::regclass
              and database = (select oid from pg_database where datname = current_database())
              and mode in ('RowShareLock', 'RowExclusiveLock')
              and virtualtransaction not in (select virtualtransaction from elsewhere)
            """;

        // pg_locks shows the keys as unsigned numbers.
        long[] keys = [(uint)KeyOf(siteId), AllSites];
        await using var connection = await source.OpenConnectionAsync(ct);
        return [.. await connection.QueryAsync<string>(sql, new { keys }, ct)];
    }
}
