using Journeys.Chaos.Soak;
using Journeys.Testing;

namespace Journeys.Chaos.Tests;

public sealed class SoakTests
{
    [Fact]
    public async Task A_short_soak_finds_nothing_in_a_healthy_system()
    {
        var output = new StringWriter();
        var report = Path.Combine(TestFolder.Create("soak"), "report.json");
        await using var run = new SoakRun(SoakOptions.Read(["--soak", "0.5", "--rate", "20", "--report", report]), TextWriter.Synchronized(output));

        Assert.True(await run.RunAsync(), output.ToString());
        await Reported.TablesAsync(report, "ledger", "calls", "memory", "rows", "lateness");
        Assert.Matches("scheduler#1 +[1-9]", output.ToString());
        Assert.Matches("minute 0.0 to 0.1 +[0-9]", output.ToString());
        Assert.Matches("scheduler.outbox +[0-9]", output.ToString());
    }

    [Theory]
    [InlineData(false, 30, 40, 35, 60, 90, 120)]
    [InlineData(true, 30, 40, 35, 60, 150, 160)]
    [InlineData(false, 400, 500, 450, 600, 620, 660)]
    [InlineData(true, 400, 500, 450, 700, 720, 680)]
    [InlineData(false, 400, 9_000, 450, 500, 9_000, 500)]
    [InlineData(false, 700, 700, 700, 30, 30, 30)]
    public void Lateness_that_rises_is_found_and_what_swings_is_not(bool rises, params int[] p99) =>
        Assert.Equal(rises, Growth.Rise([.. p99.Select(late => (double)late)]) is not null);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 3)]
    public void Growth_is_found_through_what_goes_up_and_down(double perMinute, double swing)
    {
        var samples = Enumerable.Range(0, 100).Select(at => (TimeSpan.FromMinutes(at), 50 + (perMinute * at) + (at % 2 * swing))).ToList();

        Assert.Equal(perMinute, Growth.PerMinute(samples), 0.01);
    }
}
