using System.Net.Http.Json;
using Npgsql;

namespace Journeys.Chaos.Recovery;

/// <summary>Asks whether the system works.</summary>
sealed class Probe : IDisposable
{
    readonly IReadOnlyList<HttpClient> gateways;
    readonly NpgsqlDataSource database;
    int next;

    public Probe(IReadOnlyList<Uri> gateways, string key, NpgsqlDataSource database)
    {
        this.database = database;
        this.gateways = [.. gateways.Select(address => new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(2) })];
        foreach (var gateway in this.gateways)
            gateway.DefaultRequestHeaders.Add("X-API-Key", key);
    }

    /// <summary>Lets what the probe asks be found quickly.</summary>
    public async Task PrepareAsync()
    {
        await using var command = database.CreateCommand("create index if not exists visit_of_timer on enrollment.visit (entered_at) where cause = 'timer'");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Whether a call that writes is answered with success.</summary>
    public async Task<bool> ServesAsync()
    {
        using var answer = await gateways[next++ % gateways.Count].PostAsJsonAsync("/sdk/identify", new { userId = "probe" });
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Whether a timer has moved somebody after a moment.</summary>
    public async Task<bool> HasTimerMovedAsync(DateTimeOffset since)
    {
        await using var command = database.CreateCommand("select exists (select from enrollment.visit where entered_at > $1 and cause = 'timer')");
        command.Parameters.Add(new() { Value = since });
        return await command.ExecuteScalarAsync() is true;
    }

    public void Dispose()
    {
        foreach (var gateway in gateways)
            gateway.Dispose();
    }
}
