using System.Text.RegularExpressions;
using Dapper;
using Journeys.BuildingBlocks.Databases;
using Journeys.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Scripts that are slow, wait, fail or run outside a transaction, with and without PgBouncer.</summary>
public sealed class MigrationTests : IAsyncLifetime
{
    // Other tests use the same server at the same time.
    const string InThisDatabase = "database = (select oid from pg_database where datname = current_database())";

    TestDatabase database = null!;

    public async Task InitializeAsync() => database = await TestDatabase.CreateEmptyAsync();

    public async Task DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task A_script_may_take_longer_than_the_commands_of_a_service()
    {
        await MigrateAsync(database.ConnectionString + ";Command Timeout=1", new MigrationScript("0001_slow.sql", "select pg_sleep(2.5)"));

        Assert.Equal(["0001_slow.sql"], await JournalAsync());
    }

    [Fact]
    public async Task Every_start_gets_through_PgBouncer_in_transaction_mode()
    {
        await using var bouncer = await PgBouncer.StartAsync(database.ConnectionString, poolSize: 3);
        MigrationScript[] scripts = [new("0001_a.sql", "create table test.a (b integer)"), new("0002_b.sql", "select pg_sleep(0.2)")];

        for (var round = 0; round < 3; round++)
            await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => MigrateAsync(bouncer.ConnectionString, scripts))).WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(["0001_a.sql", "0002_b.sql"], await JournalAsync());
        Assert.Equal(0, await ScalarAsync<int>($"select count(*) from pg_locks where locktype = 'advisory' and {InThisDatabase}"));
    }

    [Fact]
    public async Task A_script_that_waits_for_a_lock_lets_others_pass_and_gets_it_in_the_end()
    {
        await MigrateAsync(database.ConnectionString, new MigrationScript("0001_a.sql", "create table test.a (b integer)"));
        await using var holder = await database.DataSource.OpenConnectionAsync();
        var held = await holder.BeginTransactionAsync();
        await holder.ExecuteAsync("select * from test.a", transaction: held);

        var migrating = MigrateAsync(database.ConnectionString, new("0001_a.sql", ""), new MigrationScript("0002_b.sql", "alter table test.a add column c integer"));
        await Eventually.True(async () => await ScalarAsync<bool>($"select exists (select from pg_locks where not granted and {InThisDatabase})"), "the script to wait");
        // Behind a waiting script, which asks for everything, even readers wait; but not for long.
        await ScalarAsync<int>("select count(*) from test.a");
        Assert.False(migrating.IsCompleted);
        await held.RollbackAsync();
        await migrating;

        Assert.Equal(["0001_a.sql", "0002_b.sql"], await JournalAsync());
    }

    [Fact]
    public async Task A_script_that_fails_says_which_and_why_and_leaves_those_before_it()
    {
        MigrationScript[] scripts = [new("0001_a.sql", "create table test.a (b integer)"), new("0002_b.sql", "create table test.d (b integer); drop table test.c")];

        var failure = await Assert.ThrowsAsync<MigrationFailed>(() => MigrateAsync(database.ConnectionString, scripts));

        Assert.Equal("Migration 0002_b.sql of schema test failed: 42P01 table \"c\" does not exist", failure.Message);
        Assert.Equal(["0001_a.sql"], await JournalAsync());
        Assert.Null(await ScalarAsync<string>("select to_regclass('test.d')::text"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_index_is_made_concurrently_also_when_a_crash_left_an_invalid_one(bool pooled)
    {
        await MigrateAsync(database.ConnectionString, new MigrationScript("0001_a.sql", "create table test.a (b integer); insert into test.a values (1), (1)"));
        await using var connection = await database.DataSource.OpenConnectionAsync();
        // A unique index over what is not unique fails half way, and stays behind as a crash leaves it.
        await Assert.ThrowsAsync<PostgresException>(() => connection.ExecuteAsync("create unique index concurrently a_b on test.a (b)"));
        await connection.ExecuteAsync("delete from test.a");
        await using var bouncer = pooled ? await PgBouncer.StartAsync(database.ConnectionString, poolSize: 3) : null;
        MigrationScript[] scripts =
        [
            new("0001_a.sql", ""),
            new("0002_index_a.sql", "-- concurrently\ncreate unique index concurrently if not exists a_b on test.a (b)"),
        ];

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => MigrateAsync(bouncer?.ConnectionString ?? database.ConnectionString, scripts)))
            .WaitAsync(TimeSpan.FromMinutes(2));

        Assert.True(await ScalarAsync<bool>("select indisvalid from pg_index where indexrelid = 'test.a_b'::regclass"));
        Assert.Equal(["0001_a.sql", "0002_index_a.sql"], await JournalAsync());
    }

    [Fact]
    public async Task Names_in_a_schema_that_somebody_else_made_need_no_right_to_make_one()
    {
        await MigrateAsync(database.ConnectionString, new MigrationScript("0001_a.sql", "create table test.a (b integer)"));
        var role = $"plain_{database.Name}";
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync($"create role {role} login password 'x'; grant usage on schema test to {role}; grant select on test.migration to {role}");

        var plain = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "x" }.ConnectionString;
        await MigrateAsync(plain, new MigrationScript("0001_a.sql", ""));

        await connection.ExecuteAsync($"drop owned by {role}; drop role {role}");
    }

    // Two branches may take the same number, and a crash may leave an index that was made and not noted.
    [Theory]
    [InlineData("services/Definition")]
    [InlineData("services/Enrollment")]
    [InlineData("services/Scheduler")]
    [InlineData("services/Access")]
    public void Scripts_have_numbers_of_their_own_and_indexes_can_be_made_again(string project)
    {
        var files = Directory.GetFiles(RepoRoot.Under(project), "*.sql", SearchOption.AllDirectories)
            .Where(file => file.Contains("/Migrations/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Select(file => (Number: Path.GetFileName(file)[..4], Sql: File.ReadAllText(file)))
            .ToList();
        var linked = Directory.GetFiles(RepoRoot.Under(project), "*.csproj")
            .SelectMany(file => Regex.Matches(File.ReadAllText(file), @"Migrations\.(\d{4})_").Select(match => match.Groups[1].Value));

        Assert.NotEmpty(files);
        Assert.Empty(files.Select(file => file.Number).Concat(linked).GroupBy(number => number).Where(same => same.Count() > 1).Select(same => same.Key));
        Assert.All(
            files.Where(file => file.Sql.Contains("index concurrently", StringComparison.Ordinal)),
            file => Assert.Matches(@"^-- concurrently\n(--[^\n]*\n)*create (unique )?index concurrently if not exists [^;]*;\s*$", file.Sql));
    }

    static Task MigrateAsync(string connectionString, params MigrationScript[] scripts) =>
        Migrations.MigrateAsync(connectionString, "test", scripts, NullLogger.Instance);

    async Task<IEnumerable<string>> JournalAsync()
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return await connection.QueryAsync<string>("select scriptname from test.migration order by schemaversionsid");
    }

    async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql);
    }
}
