using System.Data;
using Npgsql;

namespace Journeys.Ledgers;

/// <summary>Snapshots of the three databases. Each is read as of one moment, and none is written to.</summary>
public sealed class Snapshot : IAsyncDisposable
{
    Snapshot(DatabaseSnapshot enrollment, DatabaseSnapshot scheduler, DatabaseSnapshot definition) =>
        (Enrollment, Scheduler, Definition) = (enrollment, scheduler, definition);

    public DatabaseSnapshot Enrollment { get; }

    public DatabaseSnapshot Scheduler { get; }

    public DatabaseSnapshot Definition { get; }

    /// <summary>
    /// Takes the three snapshots. Definition comes last, so that it has every version that an enrollment is in.
    /// </summary>
    public static async Task<Snapshot> TakeAsync(LedgerOptions options, CancellationToken ct)
    {
        var enrollment = await DatabaseSnapshot.TakeAsync("enrollment", options.Enrollment, options, ct);
        try
        {
            var scheduler = await DatabaseSnapshot.TakeAsync("scheduler", options.Scheduler, options, ct);
            try
            {
                return new Snapshot(enrollment, scheduler, await DatabaseSnapshot.TakeAsync("definition", options.Definition, options, ct));
            }
            catch
            {
                await scheduler.DisposeAsync();
                throw;
            }
        }
        catch
        {
            await enrollment.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Enrollment.DisposeAsync();
        await Scheduler.DisposeAsync();
        await Definition.DisposeAsync();
    }
}

/// <summary>A snapshot of one database, as of one moment.</summary>
public sealed class DatabaseSnapshot : IAsyncDisposable
{
    readonly NpgsqlConnection connection;
    readonly NpgsqlTransaction transaction;
    readonly LedgerOptions options;

    DatabaseSnapshot(string schema, NpgsqlConnection connection, NpgsqlTransaction transaction, LedgerOptions options) =>
        (Schema, this.connection, this.transaction, this.options) = (schema, connection, transaction, options);

    /// <summary>The schema that is read.</summary>
    public string Schema { get; }

    /// <summary>Begins a read-only transaction that sees one moment.</summary>
    /// <exception cref="CannotCheck">The database cannot be reached, or it has no such schema.</exception>
    public static async Task<DatabaseSnapshot> TakeAsync(string schema, string connectionString, LedgerOptions options, CancellationToken ct)
    {
        // Disables the timeouts of the role, because these queries may take minutes, and just-in-time compilation,
        // which may take seconds.
        const string begin = """
            set transaction read only;
            set local statement_timeout = 0;
            set local idle_in_transaction_session_timeout = 0;
            set local jit = off;
            """;
        const string known = "select to_regclass(@table) is not null";

        var connection = await ConnectAsync(schema, connectionString, ct);
        try
        {
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
            var snapshot = new DatabaseSnapshot(schema, connection, transaction, options);
            await using (var command = new NpgsqlCommand(begin, connection, transaction))
                await command.ExecuteNonQueryAsync(ct);
            await using var asks = new NpgsqlCommand(known, connection, transaction) { Parameters = { new("table", $"{schema}.outbox") } };
            if (await asks.ExecuteScalarAsync(ct) is not true)
                throw new CannotCheck($"the database of {schema} has no schema {schema}: did the service ever start?");
            return snapshot;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    static async Task<NpgsqlConnection> ConnectAsync(string schema, string connectionString, CancellationToken ct)
    {
        NpgsqlConnection? connection = null;
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "journeys-ledger", Pooling = false, CommandTimeout = 0 };
            connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(ct);
            return connection;
        }
        catch (Exception failure) when (failure is NpgsqlException or ArgumentException)
        {
            if (connection is not null)
                await connection.DisposeAsync();
            throw new CannotCheck($"the database of {schema} cannot be reached: {failure.Message}", failure);
        }
    }

    /// <summary>Returns the rows of a query, one at a time.</summary>
    /// <remarks>Queries may name `@site` (null for all), `@now` (null for the database's time), `@patience`, and the schema as `{schema}`.</remarks>
    public async IAsyncEnumerable<NpgsqlDataReader> ReadAsync(
        string sql, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct, params NpgsqlParameter[] more)
    {
        await using var command = new NpgsqlCommand(sql.Replace("{schema}", Schema, StringComparison.Ordinal), connection, transaction);
        command.Parameters.AddRange((NpgsqlParameter[])
        [
            new("site", NpgsqlTypes.NpgsqlDbType.Uuid) { Value = (object?)options.SiteId ?? DBNull.Value },
            new("now", NpgsqlTypes.NpgsqlDbType.TimestampTz) { Value = (object?)options.Now?.UtcDateTime ?? DBNull.Value },
            new("patience", NpgsqlTypes.NpgsqlDbType.Interval) { Value = options.Patience },
            .. more,
        ]);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return reader;
    }

    /// <summary>Returns the number that a query selects.</summary>
    public async Task<long> CountAsync(string sql, CancellationToken ct)
    {
        await foreach (var row in ReadAsync(sql, ct))
            return row.GetInt64(0);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
