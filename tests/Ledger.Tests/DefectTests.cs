namespace Journeys.Ledgers.Tests;

/// <summary>Every kind of harm, done to a healthy town by one statement: it is found, with its kind and its ids, and nothing else is.</summary>
[Collection(SharedTown.Name)]
public sealed class DefectTests(Town town)
{
    public static TheoryData<string> Names => [.. Defects.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_found(string defect)
    {
        var (harm, expected) = Defects.All[defect];
        var copy = await town.CopyAsync(harm);

        var report = await new Ledger(town.Options(copy)).CheckAsync(CancellationToken.None);

        Assert.Equal(expected.Select(town.Fill).Order(StringComparer.Ordinal), report.Findings.Select(Line).Order(StringComparer.Ordinal));
        Assert.All(report.Findings, finding => Assert.NotEmpty(finding.What));
    }

    [Fact]
    public async Task Every_check_is_shown_to_find_something()
    {
        var report = await new Ledger(town.Options(await town.Unharmed)).CheckAsync([], CancellationToken.None);
        var found = Defects.All.Values.SelectMany(defect => defect.Expected).Select(line => line.Split(':')[0].Split(' ', 2)[1]);

        // `ClientHistoryTests` does that for the calls of a client.
        Assert.Equal(["client calls"], report.Checks.Select(check => check.Check).Except(found));
    }

    static string Line(Finding finding) => $"{finding.Kind} {finding.Check}: {finding.Ids}";
}
