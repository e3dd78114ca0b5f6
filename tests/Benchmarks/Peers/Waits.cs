using Npgsql;

namespace Journeys.Benchmarks.Peers;

/// <summary>People who wait until one moment, the step that each does then, and how it went.</summary>
sealed class Waits : IAsyncDisposable
{
    Waits(NpgsqlDataSource source, string connectionString, int count) =>
        (Source, ConnectionString, Count) = (source, connectionString, count);

    /// <summary>Where steps are done. A peer that finds its work by a static method needs it there.</summary>
    public static NpgsqlDataSource? OfTheRun { get; private set; }

    public NpgsqlDataSource Source { get; }

    public string ConnectionString { get; }

    public int Count { get; }

    /// <summary>When all of them are due. A peer says so once it knows how long it takes to be told of all.</summary>
    public DateTimeOffset Due { get; set; }

    public static async Task<Waits> CreateAsync(string connectionString, int count)
    {
        OfTheRun = NpgsqlDataSource.Create(connectionString);
        await using var create = OfTheRun.CreateCommand($"""
            create table person (id int primary key, status text not null, node text not null, visit_no int not null);
            create table history (person_id int, visit_no int, node text not null, entered_at timestamptz not null, primary key (person_id, visit_no));
            insert into person select n, 'ACTIVE', 'wait', 2 from generate_series(1, {count}) n;
            """);
        await create.ExecuteNonQueryAsync();
        await using var analyze = OfTheRun.CreateCommand("vacuum analyze person");
        await analyze.ExecuteNonQueryAsync();
        return new(OfTheRun, connectionString, count);
    }

    /// <summary>One person's step: one transaction, one round trip. Doing it twice changes nothing.</summary>
    public static async Task StepAsync(int id)
    {
        await using var batch = OfTheRun!.CreateBatch();
        batch.BatchCommands.Add(new("update person set status = 'COMPLETED', node = 'end', visit_no = 3 where id = $1 and visit_no = 2") { Parameters = { new() { Value = id } } });
        batch.BatchCommands.Add(new("insert into history values ($1, 3, 'end', clock_timestamp()) on conflict do nothing") { Parameters = { new() { Value = id } } });
        await batch.ExecuteNonQueryAsync();
    }

    /// <summary>Ends when everybody has done their step.</summary>
    public async Task AllDoneAsync()
    {
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (await IsAnybodyLeftAsync())
            await look.WaitForNextTickAsync();
    }

    public async Task<PeersBenchmark.Result> ResultAsync()
    {
        await using var command = Source.CreateCommand("""
            select count(*), extract(epoch from max(entered_at) - $1)::float8, extract(epoch from percentile_disc(0.99) within group (order by entered_at) - $1)::float8
            from history
            """);
        command.Parameters.Add(new() { Value = Due.UtcDateTime });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (reader.GetInt64(0) != Count)
            throw new InvalidOperationException($"{reader.GetInt64(0)} of {Count} have done their step.");
        return new(Count / reader.GetDouble(1), reader.GetDouble(2));
    }

    public async ValueTask DisposeAsync()
    {
        OfTheRun = null;
        await Source.DisposeAsync();
    }

    async Task<bool> IsAnybodyLeftAsync()
    {
        await using var command = Source.CreateCommand("select exists (select from person where status = 'ACTIVE')");
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
