using Journeys.Ledgers;
using Journeys.Ledgers.Clients;
using Npgsql;

namespace Journeys.Clusters.Tests;

/// <summary>What must hold when all have arrived.</summary>
static class Proof
{
    /// <summary>The ledger finds nothing, in the databases and in what the client was told.</summary>
    /// <param name="database">How to reach it.</param>
    /// <param name="walkers">Those who walked.</param>
    /// <param name="entered">What others were told who only entered.</param>
    public static async Task NobodyIsLostAsync(string database, Walkers walkers, params IReadOnlyList<ClientCall> entered)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select site_id from access.site");
        var siteId = (Guid)(await command.ExecuteScalarAsync())!;
        var walked = walkers.CallsOf(siteId);
        var options = new LedgerOptions { Definition = database, Enrollment = database, Scheduler = database };

        var report = await new Ledger(options).CheckAsync([.. walked, .. entered.Select(call => call with { Site = siteId })], CancellationToken.None);

        Assert.Empty(report.Findings);
        Assert.Equal(walkers.Arrived * 3, walked.Count);
        Assert.All(report.Checks.Where(check => check.Check is "visits" or "client calls"), check => Assert.NotEqual(0, check.Rows));
    }
}
