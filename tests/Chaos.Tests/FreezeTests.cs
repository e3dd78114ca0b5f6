using Journeys.EmbeddedPostgres;
using Journeys.Testing;
using Npgsql;

namespace Journeys.Chaos.Tests;

public sealed class FreezeTests
{
    [Fact]
    public async Task A_frozen_PostgreSQL_does_nothing_and_goes_on_afterwards_with_the_same_sessions()
    {
        await using var server = await PostgresServer.StartAsync(TestFolder.Create("frozen"));
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        var session = (int)(await command.ExecuteScalarAsync())!;

        server.Freeze();
        await Eventually.Equal('T', () => StateAsync(session), "the state of the session's process");
        var asked = command.ExecuteScalarAsync();
        Assert.Equal('T', await StateAsync(session));
        Assert.False(asked.IsCompleted);

        server.Thaw();
        Assert.Equal(session, await asked);
    }

    // The field after the name, which is in parentheses: T is stopped.
    static async Task<char> StateAsync(int process)
    {
        var fields = await File.ReadAllTextAsync($"/proc/{process}/stat");
        return fields[fields.LastIndexOf(')') + 2];
    }
}
