namespace Journeys.Benchmarks.Peers;

/// <summary>What the database can do at all: the same rows, 500 in a statement, on four connections, and nobody decides anything.</summary>
static class SqlPeer
{
    const int AtOnce = 500;
    const int Connections = 4;

    public static Task RunAsync(Waits waits)
    {
        waits.Due = DateTimeOffset.UtcNow;
        return Parallel.ForEachAsync(Enumerable.Range(1, waits.Count).Chunk(AtOnce), new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (ids, ct) =>
        {
            await using var batch = waits.Source.CreateBatch();
            batch.BatchCommands.Add(new("update person set status = 'COMPLETED', node = 'end', visit_no = 3 where id = any($1) and visit_no = 2") { Parameters = { new() { Value = ids } } });
            batch.BatchCommands.Add(new("insert into history select id, 3, 'end', clock_timestamp() from unnest($1) id") { Parameters = { new() { Value = ids } } });
            await batch.ExecuteNonQueryAsync(ct);
        });
    }
}
