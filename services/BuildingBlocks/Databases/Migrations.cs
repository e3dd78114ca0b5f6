using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Brings one schema up to date with the numbered scripts embedded in an assembly under `Migrations/`.</summary>
/// <remarks>
/// Each script runs in its own transaction, which holds an advisory lock and records the script in the journal. Nothing
/// outlives the transaction, so this works through PgBouncer too. A script has no time limit, but waits at most three
/// seconds for a lock, because every statement of the running services queues behind a waiting script; it is retried
/// until it gets its locks.
/// </remarks>
public static partial class Migrations
{
    static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    enum Outcome
    {
        Ran,
        NothingLeft,
        SomebodyElseIsAtWork,
    }

    /// <summary>
    /// Creates the schema if it is missing and runs the scripts that are not in the journal. Several processes can call
    /// this at once.
    /// </summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="schema">The schema, which also holds the journal (table `migration`).</param>
    /// <param name="assembly">The assembly that embeds the scripts.</param>
    /// <param name="outbox">Whether the schema has an outbox.</param>
    /// <param name="logger">Receives every script that ran and every lock that could not be acquired.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="MigrationFailed">A script failed; the earlier scripts stay applied.</exception>
    public static Task MigrateAsync(
        string connectionString, string schema, Assembly assembly, bool outbox = true, ILogger? logger = null, CancellationToken ct = default) =>
        MigrateAsync(connectionString, schema, MigrationScript.ReadAll(assembly, schema, outbox), logger, ct);

    /// <inheritdoc cref="MigrateAsync(string, string, Assembly, bool, ILogger?, CancellationToken)"/>
    public static async Task MigrateAsync(
        string connectionString, string schema, IReadOnlyList<MigrationScript> scripts, ILogger? logger = null, CancellationToken ct = default)
    {
        if (!SchemaName().IsMatch(schema))
            throw new ArgumentException("A schema name is lower case letters and underscores.", nameof(schema));

        var log = logger ?? NullLogger.Instance;
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = $"journeys-{schema}-migrations",
            Pooling = false,
            CommandTimeout = 0,
            MaxAutoPrepare = 0,
        };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(ct);
        for (var waits = 0; ;)
        {
            switch (await RunNextAsync(connection, settings.ConnectionString, schema, scripts, log, ct))
            {
                case Outcome.NothingLeft:
                    return;
                case Outcome.Ran:
                    waits = 0;
                    break;
                default:
                    await Task.Delay(BackOff.After(++waits, FirstWait, LongestWait), ct);
                    break;
            }
        }
    }

    static async Task<Outcome> RunNextAsync(
        NpgsqlConnection connection, string connectionString, string schema, IReadOnlyList<MigrationScript> scripts, ILogger log, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await TryLockAsync(transaction, schema, ct))
            return Outcome.SomebodyElseIsAtWork;

        var known = (await transaction.QueryAsync<string>($"select scriptname from {schema}.migration", null, ct)).ToHashSet();
        var next = scripts.FirstOrDefault(script => !known.Contains(script.Name));
        if (next is null)
            return Outcome.NothingLeft;

        try
        {
            await RunAsync(transaction, connectionString, schema, next, ct);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            log.LogWarning("Migration {Script} of schema {Schema} waits for a lock that another session holds", next.Name, schema);
            return Outcome.SomebodyElseIsAtWork;
        }

        await transaction.ExecuteAsync($"insert into {schema}.migration (scriptname, applied) values (@Name, now())", next, ct);
        await transaction.CommitAsync(ct);
        log.LogInformation("Migrated schema {Schema} by {Script}", schema, next.Name);
        return Outcome.Ran;
    }

    // Polls for the lock, because `create index concurrently` would wait for a transaction that waits for the lock.
    static async Task<bool> TryLockAsync(NpgsqlTransaction transaction, string schema, CancellationToken ct)
    {
        const string unlimited = """
            set local statement_timeout = 0;
            set local lock_timeout = 0;
            set local idle_in_transaction_session_timeout = 0;
            """;
        const string tryLock = "select pg_try_advisory_xact_lock(hashtext('journeys.migrations'), hashtext(@schema))";
        // Checked first, because `if not exists` requires the right to create schemas even if the schema exists, and
        // the owner of a single schema lacks that right.
        const string isSchemaThere = "select exists (select from pg_namespace where nspname = @schema)";
        const string isJournalThere = "select to_regclass(@schema || '.migration') is not null";
        var createJournal = $"""
            create table {schema}.migration (
                schemaversionsid serial primary key,
                scriptname text not null unique,
                applied timestamp not null
            )
            """;

        await transaction.ExecuteAsync(unlimited, null, ct);
        if (!await transaction.ScalarAsync<bool>(tryLock, new { schema }, ct))
            return false;
        if (!await transaction.ScalarAsync<bool>(isSchemaThere, new { schema }, ct))
            await transaction.ExecuteAsync($"create schema {schema}", null, ct);
        if (!await transaction.ScalarAsync<bool>(isJournalThere, new { schema }, ct))
            await transaction.ExecuteAsync(createJournal, null, ct);
        return true;
    }

    static async Task RunAsync(NpgsqlTransaction transaction, string connectionString, string schema, MigrationScript script, CancellationToken ct)
    {
        try
        {
            // Also ends the snapshot of the previous query, for which `create index concurrently` would wait.
            await transaction.ExecuteAsync("set local lock_timeout = '3s'", null, ct);
            if (script.IsConcurrent)
            {
                await RunOutsideAsync(connectionString, schema, script, ct);
                return;
            }

            await transaction.ExecuteAsync(script.Sql, null, ct);
        }
        catch (PostgresException exception) when (exception.SqlState != PostgresErrorCodes.LockNotAvailable && !exception.IsTransient)
        {
            throw new MigrationFailed(schema, script.Name, exception);
        }
    }

    // Runs outside the transaction, which keeps other processes out meanwhile. Drops invalid indexes first, because `if
    // not exists` would accept an index that a crash left invalid.
    static async Task RunOutsideAsync(string connectionString, string schema, MigrationScript script, CancellationToken ct)
    {
        const string invalid = """
            select format('drop index concurrently %I.%I', space.nspname, relation.relname)
            from pg_index entry
            join pg_class relation on relation.oid = entry.indexrelid
            join pg_namespace space on space.oid = relation.relnamespace
            where not entry.indisvalid and relation.relkind = 'i' and space.nspname = @schema
              and relation.relname !~ '_cc(new|old)[0-9]*$'
            """;

        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(ct);
        foreach (var drop in await connection.QueryAsync<string>(invalid, new { schema }, ct))
            await connection.ExecuteAsync(drop, null, ct);
        await connection.ExecuteAsync(script.Sql, null, ct);
    }

    [GeneratedRegex("^[a-z_]+$")]
    private static partial Regex SchemaName();
}

/// <summary>A migration script failed.</summary>
public sealed class MigrationFailed(string schema, string script, PostgresException cause)
    : Exception($"Migration {script} of schema {schema} failed: {cause.SqlState} {cause.MessageText}", cause);
