using System.Text.Json;

namespace Journeys.Ledgers.Tests;

/// <summary>The console program, as an operator runs it.</summary>
[Collection(SharedTown.Name)]
public sealed class CommandTests(Town town)
{
    [Fact]
    public async Task Nothing_found_is_exit_code_0_and_a_check_that_looked_at_nothing_says_so()
    {
        var (code, output, _) = await RunAsync("--database", await town.Unharmed, "--site", $"{Guid.CreateVersion7()}", "--settle", "0");

        Assert.Equal(0, code);
        Assert.Contains("visits                      0         0  looked at nothing", output, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was found.", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Findings_are_exit_code_1_and_are_told_with_their_kind_and_ids()
    {
        // The town lives months ago, so by the database's clock everybody there is late.
        var (code, output, errors) = await RunAsync("--database", await town.Unharmed, "--settle", "0");

        Assert.Equal(1, code);
        Assert.Contains(town.Fill("LATE       timers: site={shop} enrollment={nat} visit=3: It should have been woken"), output, StringComparison.Ordinal);
        Assert.Contains("looking again in 0 s", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_one_JSON_document()
    {
        var (_, output, _) = await RunAsync("--database", await town.Unharmed, "--settle", "0", "--most", "1", "--json");

        var report = JsonDocument.Parse(output).RootElement;
        Assert.False(report.GetProperty("healthy").GetBoolean());
        var finding = Assert.Single(report.GetProperty("findings").EnumerateArray());
        Assert.Equal(("timers", "late"), (finding.GetProperty("check").GetString(), finding.GetProperty("kind").GetString()));
        Assert.Contains(report.GetProperty("checks").EnumerateArray(), check => check.GetProperty("check").GetString() == "timers" && check.GetProperty("count").GetInt64() > 1);
    }

    [Theory]
    [InlineData("is missing; --help says more.", "--enrollment", "Host=127.0.0.1")]
    [InlineData("--speed is not a valid option; --help lists them.", "--speed", "3")]
    [InlineData("--settle must be a whole number from 0 to 86400.", "--database", "Host=127.0.0.1", "--settle", "soon")]
    [InlineData("--site must be the id of a site, a UUID.", "--database", "Host=127.0.0.1", "--site", "shop")]
    [InlineData("the database of enrollment cannot be reached", "--database", "Host=127.0.0.1;Port=1;Timeout=1")]
    [InlineData("the database of enrollment cannot be reached", "--database", "Horst=1")]
    public async Task What_cannot_be_checked_is_exit_code_2_and_one_line(string expected, params string[] args)
    {
        var (code, output, errors) = await RunAsync(args);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("ledger: ", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_in_which_no_service_ever_started_cannot_be_checked()
    {
        var copy = await town.CopyAsync("drop schema scheduler cascade");

        var (code, _, errors) = await RunAsync("--database", copy);

        Assert.Equal((2, "ledger: the database of scheduler has no schema scheduler: did the service ever start?"), (code, errors.TrimEnd()));
    }

    static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        return (await LedgerCommand.RunAsync(args, output, errors, CancellationToken.None), output.ToString(), errors.ToString());
    }
}
