using Dapper;
using Grpc.Core;
using Journeys.BuildingBlocks.Databases;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>No statement, no wait for a lock and no forgotten transaction keeps a session of the database for long.</summary>
public sealed class DatabaseLimitTests : IAsyncLifetime
{
    TestDatabase database = null!;

    public async Task InitializeAsync() => database = await TestDatabase.CreateEmptyAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Every_session_has_the_limits_of_the_settings()
    {
        await using var app = App("--Postgres:StatementTimeoutSeconds=7", "--Postgres:LockTimeoutSeconds=3", "--Postgres:IdleInTransactionTimeoutSeconds=9");
        await using var connection = await Source(app).OpenConnectionAsync();

        Assert.Equal(
            ("7s", "3s", "9s"),
            await connection.QuerySingleAsync<(string, string, string)>(
                """
                select current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')
                """));
    }

    [Fact]
    public async Task A_statement_of_a_call_ends_at_its_limit_and_background_work_may_take_longer()
    {
        await using var app = App("--Postgres:StatementTimeoutSeconds=1");

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => Source(app).InTransactionAsync(SleepAsync, CancellationToken.None));
        await Source(app).InBackgroundAsync(SleepAsync, CancellationToken.None);

        Assert.Equal(PostgresErrorCodes.QueryCanceled, refusal.SqlState);

        static Task SleepAsync(NpgsqlTransaction transaction) => transaction.Connection!.ExecuteAsync("select pg_sleep(1.5)", transaction: transaction);
    }

    [Theory]
    [InlineData("select pg_sleep(30)", StatusCode.DeadlineExceeded, "STATEMENT_TIMEOUT")]
    [InlineData("lock table held", StatusCode.Unavailable, "TRY_AGAIN")]
    public async Task The_caller_hears_what_took_too_long(string sql, StatusCode code, string reason)
    {
        await using var app = App("--Postgres:StatementTimeoutSeconds=2", "--Postgres:LockTimeoutSeconds=1");
        await using var holder = await database.DataSource.OpenConnectionAsync();
        await holder.ExecuteAsync("create table held (a integer)");
        await using var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("lock table held", transaction: held);
        await using var service = await TestService.StartAsync(context => RunAsync(Source(app), sql, context));

        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => service.Client.GetJobAsync(new(), service.As(Access.Types.Role.Viewer)).ResponseAsync);

        Assert.Equal((code, reason), (refusal.StatusCode, refusal.GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason));
    }

    [Fact]
    public async Task A_caller_who_gives_up_ends_their_statement()
    {
        await using var app = App();
        await using var service = await TestService.StartAsync(context => RunAsync(Source(app), "select pg_sleep(30)", context));
        using var patience = new CancellationTokenSource();

        var call = service.Client.GetJobAsync(new(), service.As(Access.Types.Role.Viewer), cancellationToken: patience.Token).ResponseAsync;
        await Eventually.Equal(1, SleepersAsync, "statements under way");
        await patience.CancelAsync();

        await Assert.ThrowsAsync<RpcException>(() => call);
        await Eventually.Equal(0, SleepersAsync, "statements under way");
    }

    [Fact]
    public async Task A_service_works_through_PgBouncer_in_transaction_mode()
    {
        await using var bouncer = await PgBouncer.StartAsync(database.ConnectionString, poolSize: 3);
        await using var app = App("--Postgres:TransactionPooler=true", $"--Postgres:ConnectionString={bouncer.ConnectionString}");
        await database.DataSource.CreateCommand("create table note (n integer)").ExecuteNonQueryAsync();

        await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Source(app).InTransactionAsync(
            transaction => transaction.Connection!.ExecuteAsync("insert into note (n) values (@n)", new { n }, transaction),
            CancellationToken.None)));

        await using var connection = await Source(app).OpenConnectionAsync();
        Assert.Equal(200, await connection.ExecuteScalarAsync<int>("select count(*) from note"));
    }

    // What one session prepared another one is given, that of another connection.
    [Fact]
    public async Task Behind_PgBouncer_in_transaction_mode_nothing_is_prepared_whatever_the_connection_string_asks_for()
    {
        await using var bouncer = await PgBouncer.StartAsync(database.ConnectionString, poolSize: 2);
        var asking = new NpgsqlConnectionStringBuilder(bouncer.ConnectionString) { MaxAutoPrepare = 20, AutoPrepareMinUsages = 2 };
        await using var app = App(
            "--Postgres:TransactionPooler=true", $"--Postgres:ConnectionString={asking.ConnectionString}", "--Postgres:MaxAutoPrepare=50");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(n => Source(app).InTransactionAsync(
            transaction => transaction.Connection!.ExecuteAsync("select @n", new { n }, transaction), CancellationToken.None)));

        await using var connection = await Source(app).OpenConnectionAsync();
        Assert.Equal(0, await connection.ExecuteScalarAsync<int>("select count(*) from pg_prepared_statements"));
    }

    [Fact]
    public async Task Behind_PgBouncer_in_transaction_mode_every_transaction_has_the_limits_of_the_settings_and_leaves_none_behind()
    {
        const string limits = """
            select current_setting('statement_timeout'), current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')
            """;
        await using var bouncer = await PgBouncer.StartAsync(database.ConnectionString, poolSize: 1);
        await using var app = App(
            "--Postgres:TransactionPooler=true", $"--Postgres:ConnectionString={bouncer.ConnectionString}", "--Postgres:StatementTimeoutSeconds=7",
            "--Postgres:LockTimeoutSeconds=3", "--Postgres:IdleInTransactionTimeoutSeconds=9", "--Postgres:BackgroundStatementTimeoutSeconds=20");

        var ofCall = await Source(app).InTransactionAsync(transaction => LimitsAsync(transaction.Connection!), CancellationToken.None);
        var ofChore = await Source(app).InBackgroundAsync(transaction => LimitsAsync(transaction.Connection!), CancellationToken.None);
        await using var connection = await Source(app).OpenConnectionAsync();

        Assert.Equal(("7s", "3s", "9s"), ofCall);
        Assert.Equal(("20s", "3s", "9s"), ofChore);
        Assert.Equal(("0", "0", "0"), await LimitsAsync(connection));

        static Task<(string, string, string)> LimitsAsync(NpgsqlConnection connection) => connection.QuerySingleAsync<(string, string, string)>(limits);
    }

    [Fact]
    public async Task Of_several_hosts_one_that_is_gone_without_a_trace_costs_no_more_than_the_limit_of_connecting()
    {
        using var gone = new SilentAddress();
        var there = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        there.Host = $"127.0.0.1:{gone.Address.Port},{there.Host}:{there.Port}";
        there.TargetSessionAttributes = "read-write";
        await using var app = App($"--Postgres:ConnectionString={there.ConnectionString}", "--Postgres:ConnectTimeoutSeconds=2");
        var start = TimeProvider.System.GetTimestamp();

        await using var connection = await Source(app).OpenConnectionAsync();

        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select 1"));
        // Without the limit the system would try for two minutes.
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    }

    WebApplication App(params string[] settings)
    {
        var builder = WebApplication.CreateBuilder([$"--Postgres:ConnectionString={database.ConnectionString}", .. settings]);
        builder.AddServiceDefaults("test");
        builder.AddPostgres("test", typeof(DatabaseLimitTests).Assembly);
        return builder.Build();
    }

    static NpgsqlDataSource Source(WebApplication app) => app.Services.GetRequiredService<NpgsqlDataSource>();

    static async Task<Job> RunAsync(NpgsqlDataSource source, string sql, ServerCallContext context)
    {
        await source.InTransactionAsync(
            transaction => transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, transaction: transaction, cancellationToken: context.CancellationToken)),
            context.CancellationToken);
        return new Job();
    }

    async Task<int> SleepersAsync()
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>(
            "select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep%' and datname = current_database()");
    }
}
