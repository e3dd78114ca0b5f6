using Dapper;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.Protos.Scheduler.V1;
using Npgsql;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Tests;

public sealed class PostgresTests
{
    [Fact]
    public async Task Starters_that_race_migrate_once()
    {
        var database = await Postman.DatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Migrations.MigrateAsync(database, "test", typeof(PostgresTests).Assembly)));

        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        var journal = await connection.QueryAsync<string>("select scriptname from test.migration order by schemaversionsid");
        Assert.Equal(["0000_failed_messages.sql", "0000_outbox.sql", "0001_add_note.sql", "0002_add_note_colour.sql"], journal);
        Assert.Equal("HO", await connection.ExecuteScalarAsync<string>("select test.shout('ho')"));
    }

    [Theory]
    [InlineData("0", "2s")]
    [InlineData("15s", "2s")]
    [InlineData("1min", "2s")]
    [InlineData("500ms", "500ms")]
    [InlineData("2s", "2s")]
    public async Task A_limit_is_lowered_and_never_raised(string before, string after)
    {
        await using var source = NpgsqlDataSource.Create(await Postman.DatabaseAsync());
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync($"set statement_timeout = '{before}'; set lock_timeout = '{before}'");

        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await transaction.LimitAsync(TimeSpan.FromSeconds(2), CancellationToken.None);
            Assert.Equal((after, before), await LimitsAsync());
            await transaction.LimitLockWaitsAsync(TimeSpan.FromSeconds(2), CancellationToken.None);
            Assert.Equal((after, after), await LimitsAsync());
        }

        Assert.Equal((before, before), await LimitsAsync());

        Task<(string, string)> LimitsAsync() =>
            connection.QuerySingleAsync<(string, string)>("select current_setting('statement_timeout'), current_setting('lock_timeout')");
    }

    [Fact]
    public async Task A_deadlock_victim_runs_again()
    {
        await using var source = await MigratedAsync();
        await using (var connection = await source.OpenConnectionAsync())
            await connection.ExecuteAsync("insert into test.note (body) values ('a'), ('b')");
        using var bothHoldOne = new Barrier(2);
        var runs = 0;

        await Task.WhenAll(LockAsync(1, 2), LockAsync(2, 1));

        Assert.Equal(3, runs);

        Task LockAsync(long first, long second)
        {
            var met = false;
            return Task.Run(() => source.InTransactionAsync(
                async transaction =>
                {
                    Interlocked.Increment(ref runs);
                    await TouchAsync(transaction, first);
                    if (!met)
                        met = bothHoldOne.SignalAndWait(TimeSpan.FromSeconds(10));
                    await TouchAsync(transaction, second);
                },
                CancellationToken.None));
        }
    }

    // In a transaction of ours, and in a read of an rpc, which fails through the interceptor.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Values_that_are_refused_leave_no_connection_on_which_the_next_call_fails(bool inTransaction)
    {
        await using var source = await MigratedAsync("Maximum Pool Size=1;Max Auto Prepare=100;No Reset On Close=true");
        await using (var connection = await source.OpenConnectionAsync())
            await connection.ExecuteAsync("insert into test.note (body) values ('b')");
        var body = "";
        await using var service = await TestService.StartAsync(async context => new Job { Total = await AskAsync(context.CancellationToken) }, source);

        for (var round = 1; round < 30; round++)
        {
            body = round % 5 == 0 ? "a\0b" : "a";
            var answer = service.Client.GetJobAsync(new GetJobRequest(), service.As(Role.Viewer)).ResponseAsync;
            if (round % 5 == 0)
                Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => answer)).StatusCode);
            else
                Assert.Equal(1, (await answer).Total);
        }

        async Task<int> AskAsync(CancellationToken ct)
        {
            if (inTransaction)
                return await source.InTransactionAsync(transaction => CountAsync(transaction.Connection!), ct);
            await using var connection = await source.OpenConnectionAsync(ct);
            return await CountAsync(connection);
        }

        async Task<int> CountAsync(NpgsqlConnection connection)
        {
            const string sql = """
                select note_id, body from test.note where body > @body order by body limit @limit;
                select count(*)::integer from test.note where body <> @body;
                """;
            await using var answers = await connection.QueryMultipleAsync(sql, new { body, limit = 10 });
            await answers.ReadAsync();
            return await answers.ReadSingleAsync<int>();
        }
    }

    [Fact]
    public async Task A_failed_transaction_leaves_nothing()
    {
        await using var source = await MigratedAsync();

        await Assert.ThrowsAsync<Refused>(() => source.InTransactionAsync(
            async transaction =>
            {
                await transaction.Connection!.ExecuteAsync("insert into test.note (body) values ('a')", transaction: transaction);
                throw new Refused("NO", "As the test wants it.");
            },
            CancellationToken.None));

        await using var connection = await source.OpenConnectionAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("select count(*) from test.note"));
    }

    [Fact]
    public async Task Times_are_utc_in_and_out_and_may_be_missing()
    {
        DapperHandlers.Register();
        await using var source = await MigratedAsync();
        await using var connection = await source.OpenConnectionAsync();
        var noon = new DateTimeOffset(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
        const string insert = "insert into test.note (body, written_at) select body, coalesce(@fallback, written_at) from unnest(@bodies, @times) as n (body, written_at)";

        string[] bodies = ["a", "b"];
        DateTimeOffset?[] times = [noon, null];
        await connection.ExecuteAsync(insert, new { bodies, times, fallback = (DateTimeOffset?)null });

        var notes = (await connection.QueryAsync<Note>("select note_id, body, written_at from test.note where @since is null or written_at >= @since order by note_id",
            new { since = (DateTimeOffset?)noon })).AsList();
        var all = (await connection.QueryAsync<Note>("select note_id, body, written_at from test.note where @since is null or written_at >= @since order by note_id",
            new { since = (DateTimeOffset?)null })).AsList();
        Assert.Equal(noon, Assert.Single(notes).WrittenAt);
        Assert.Equal([noon, null], all.Select(note => note.WrittenAt));
    }

    static async Task<NpgsqlDataSource> MigratedAsync(string settings = "")
    {
        var database = await Postman.DatabaseAsync();
        await Migrations.MigrateAsync(database, "test", typeof(PostgresTests).Assembly);
        return NpgsqlDataSource.Create($"{database};{settings}");
    }

    static Task<int> TouchAsync(NpgsqlTransaction transaction, long id) =>
        transaction.Connection!.ExecuteAsync("update test.note set body = body where note_id = @id", new { id }, transaction);

    sealed record Note
    {
        public long NoteId { get; init; }

        public string Body { get; init; } = "";

        public DateTimeOffset? WrittenAt { get; init; }
    }
}
