using Journeys.Testing;
using Npgsql;

namespace Journeys.Scheduling.Tests;

/// <summary>Places in the database at which a service stops while the test keeps the gate closed.</summary>
sealed class Gates : IAsyncDisposable
{
    readonly NpgsqlConnection connection;

    Gates(NpgsqlConnection connection) => this.connection = connection;

    /// <summary>Makes one open gate for each trigger, such as `before insert on a.b for each row`.</summary>
    public static async Task<Gates> CreateAsync(TestDatabase database, IEnumerable<string> triggers)
    {
        var gates = new Gates(await database.DataSource.OpenConnectionAsync());
        await gates.ExecuteAsync("""
            create function public.pass_gate() returns trigger language plpgsql as $$
            begin
                perform pg_advisory_xact_lock_shared(tg_argv[0]::bigint);
                return coalesce(new, old);
            end $$
            """);
        foreach (var (trigger, gate) in triggers.Select((trigger, gate) => (trigger, gate)))
            await gates.ExecuteAsync($"create trigger gate_{gate} {trigger} execute function public.pass_gate({gate})");
        return gates;
    }

    /// <summary>Lets nobody pass from now on; who is passing is waited for.</summary>
    public Task CloseAsync(int gate) => ExecuteAsync($"select pg_advisory_lock({gate})");

    /// <summary>Lets those who wait pass, and all who come.</summary>
    public Task OpenAsync(int gate) => ExecuteAsync($"select pg_advisory_unlock({gate})");

    /// <summary>Whether somebody waits at a closed gate.</summary>
    public async Task<bool> IsSomebodyAtAsync(int gate)
    {
        await using var command = new NpgsqlCommand(
            """
            select exists (
              select
              from pg_locks
              where locktype = 'advisory' and objsubid = 1 and objid = $1 and not granted
                and database = (select oid from pg_database where datname = current_database()))
            """,
            connection);
        command.Parameters.Add(new() { Value = (uint)gate, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    async Task ExecuteAsync(string sql)
    {
#pragma warning disable CA2100 // The statements are made above.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
