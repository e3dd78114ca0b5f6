using System.Buffers.Binary;
using System.Collections.Concurrent;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Journeys;

/// <summary>Waits for the moves of a site that began before its change, such as a pause, a resume or another rule, which may have read what was before it.</summary>
/// <remarks>
/// Whoever moves somebody locks enrollments first and reads the status of the journey after that, without holding it. The
/// lock of the table comes with the first of these statements and stays until the transaction has ended, so those that have it now are all that matter:
/// whoever gets it later reads the new status. Transactions of other tables, of other databases, backups and long readers are not among them, and it is the
/// same behind a pooler and for all replicas, because PostgreSQL is asked, not the sessions.
/// Before the status is read, a move also shares an advisory lock of its site, so that those of other sites need not be waited for. Who has none is waited
/// for: a replica of an older release, or one that has not come so far.
/// </remarks>
public sealed class MoveQueries(NpgsqlDataSource source)
{
    /// <summary>The first key of the advisory locks that moves share, and no other lock has. The second is the site's.</summary>
    public const string LockClass = "1835365733";

    // Each takes room in PostgreSQL's table of locks. Who moves people of more sites at once is waited for by all.
    const int MostSites = 8;
    const int AllSites = 0;

    // Together less than Definition waits for the answer.
    const int MostLooks = 100;
    const int MostChanges = 10_000;
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    // The moves that are still waited for, by the change. Whoever asks again waits for these only: some move is under way at nearly any moment.
    readonly ConcurrentDictionary<ByteString, string[]> waiting = new();

    /// <summary>The second keys of the locks that a move of people of some sites shares.</summary>
    public static int[] KeysOf(IReadOnlyCollection<Guid> siteIds)
    {
        int[] keys = [.. siteIds.Select(KeyOf).Distinct().Take(MostSites + 1)];
        return keys.Length <= MostSites ? keys : [AllSites];
    }

    // Sites may share one: then they wait for each other, too.
    static int KeyOf(Guid siteId) => BinaryPrimitives.ReadInt32BigEndian(siteId.ToByteArray(bigEndian: true).AsSpan(12));

    /// <summary>Returns when those that were under way have ended when this was first asked of a change, which has committed.</summary>
    /// <param name="siteId">The site of the change.</param>
    /// <param name="change">The change.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="Unreachable">Some take longer. The caller asks again.</exception>
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

    // By the ids of the transactions, which are not given again.
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

        // PostgreSQL shows them without a sign.
        long[] keys = [(uint)KeyOf(siteId), AllSites];
        await using var connection = await source.OpenConnectionAsync(ct);
        return [.. await connection.QueryAsync<string>(sql, new { keys }, ct)];
    }
}
