namespace Journeys.Ledgers.Tests;

[Collection(SharedTown.Name)]
public sealed class HealthyTests(Town town)
{
    [Fact]
    public async Task Nothing_is_found_where_the_services_were_at_work_undisturbed()
    {
        var report = await new Ledger(town.Options(await town.Unharmed)).CheckAsync(CancellationToken.None);

        Assert.Empty(report.Findings);
        Assert.True(report.IsHealthy);
        Assert.Equal(
            ["outbox", "failed messages", "set aside", "erasures", "jobs"],
            report.Checks.Where(check => check.Rows == 0).Select(check => check.Check));
    }
}
