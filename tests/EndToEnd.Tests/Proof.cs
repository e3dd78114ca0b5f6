using Journeys.Ledgers;
using Journeys.Testing;
using Npgsql;

namespace Journeys.EndToEnd.Tests;

/// <summary>Has the ledger decide from the databases whether every promise was kept.</summary>
static class Proof
{
    const string Nothing = "nothing";

    /// <summary>Waits until no work is in progress. Fails with the ids of what the ledger finds then, or of what does not end.</summary>
    public static async Task PromisesAreKeptAsync(TestDatabase shared, TestDatabase scheduler)
    {
        // Without patience, because it is asked again until what may be work in progress has settled.
        var ledger = new Ledger(new LedgerOptions
        {
            Definition = shared.ConnectionString,
            Enrollment = shared.ConnectionString,
            Scheduler = scheduler.ConnectionString,
            Settle = TimeSpan.Zero,
            Patience = TimeSpan.Zero,
        });
        Report? report = null;

        await Eventually.Equal(Nothing, LookAsync, "what is in progress or wrong");

        Assert.True(report!.IsHealthy, Lines(report.Checks));
        Assert.NotEqual(0, report.Checks.Single(check => check.Check == "visits").Rows);

        async Task<string> LookAsync()
        {
            var work = $"{await AskAsync(shared.DataSource, OfEnrollment)}{await AskAsync(scheduler.DataSource, OfScheduler)}";
            report = await ledger.CheckAsync(CancellationToken.None);
            // Harm that does not settle is not waited for.
            var isHarmed = report.Checks.Any(check => !check.Settles && check.Count > 0);
            var left = work + Lines(report.Checks);
            return isHarmed || left.Length == 0 ? Nothing : left;
        }
    }

    // The ledger accepts what a running job or an erasure has yet to do, and a timer that is due and not yet sent.
    const string OfEnrollment = """
        select coalesce(string_agg(amount || ' ' || what || '. ', ''), '')
        from (
            select 'erasures' as what, count(*) as amount from enrollment.erasure
            union all select 'redactions', count(*) from enrollment.redaction) as counted
        where amount > 0
        """;

    const string OfScheduler = """
        select coalesce(string_agg(amount || ' ' || what || '. ', ''), '')
        from (
            select 'jobs' as what, count(*) as amount from scheduler.job where status = 'RUNNING'
            union all select 'due timers', count(*) from scheduler.timer where not cancelled and due_at < now()) as counted
        where amount > 0
        """;

    static async Task<string> AskAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    static string Lines(IEnumerable<CheckResult> checks) => string.Join(
        '\n',
        checks.SelectMany(check => check.Findings).Take(20)
            .Select(found => $"{found.Kind} {found.Check}: site={found.SiteId} {found.Ids}: {found.What}"));
}
