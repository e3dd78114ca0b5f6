using Journeys.Ledgers;
using Npgsql;

namespace Journeys.Clusters.Tests;

/// <summary>What must hold when all have arrived.</summary>
static class Proof
{
    /// <summary>The ledger finds nothing, in the databases and in what the client was told.</summary>
    public static async Task NobodyIsLostAsync(string database, Walkers walkers)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select site_id from access.site");
        var calls = walkers.CallsOf((Guid)(await command.ExecuteScalarAsync())!);
        var options = new LedgerOptions { Definition = database, Enrollment = database, Scheduler = database };

        var report = await new Ledger(options).CheckAsync(calls, CancellationToken.None);

        Assert.Empty(report.Findings);
        Assert.Equal(walkers.Arrived * 3, calls.Count);
        Assert.All(report.Checks.Where(check => check.Check is "visits" or "client calls"), check => Assert.NotEqual(0, check.Rows));
    }
}
