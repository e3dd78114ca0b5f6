using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Journeys.EmbeddedPostgres;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>What Prometheus reads, at an address of its own. Alerts and dashboard of the chart use these names.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    static readonly HttpClient Http = new();

    readonly Uri metrics = new($"http://127.0.0.1:{FreePort.Next()}");
    TestService service = null!;

    public async Task InitializeAsync() =>
        service = await TestService.StartAsync(_ => Task.FromResult(new Job()), settings: $"--Metrics:Url={metrics.OriginalString}");

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Names_are_those_of_Prometheus()
    {
        using var meter = new Meter(Telemetry.MeterName);
        meter.CreateCounter<int>("journeys.wakeups.repaired").Add(2);
        meter.CreateHistogram<double>("journeys.timers.lateness", "s").Record(0.25);
        meter.CreateObservableGauge("journeys.outbox.age", () => new Measurement<double>(3, new KeyValuePair<string, object?>("service", "test")), "s");
        meter.CreateObservableGauge("journeys.dead_letters", () => 4, "{message}");

        var text = await Http.GetStringAsync(new Uri(metrics, "/metrics"));

        Assert.Matches(@"(?m)^journeys_wakeups_repaired_total\{[^}]*\} 2\b", text);
        Assert.Matches(@"(?m)^journeys_timers_lateness_seconds_bucket\{[^}]*le=""\+Inf""[^}]*\} 1\b", text);
        Assert.Matches(@"(?m)^journeys_outbox_age_seconds\{[^}]*service=""test""[^}]*\} 3\b", text);
        Assert.Matches(@"(?m)^journeys_dead_letters\{[^}]*\} 4\b", text);
        Assert.Contains("\ndotnet_process_memory_working_set_bytes{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_else_is_answered_there_and_metrics_nowhere_else()
    {
        using var other = await Http.GetAsync(new Uri(metrics, "/health/detail"));
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(service.Address), "/metrics"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var elsewhere = await Http.SendAsync(request);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (other.StatusCode, elsewhere.StatusCode));
    }

    [Theory]
    [InlineData("nonsense", "Metrics:Url must be an address")]
    [InlineData("https://127.0.0.1:9464", "Metrics:Url must begin with http://")]
    [InlineData("{taken}", "address already in use")]
    public async Task An_address_that_cannot_be_had_keeps_it_from_starting(string url, string why)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var given = url.Replace("{taken}", $"http://{taken.LocalEndpoint}", StringComparison.Ordinal);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => TestService.StartAsync(_ => Task.FromResult(new Job()), settings: $"--Metrics:Url={given}"));

        Assert.Contains(why, failure.Message, StringComparison.OrdinalIgnoreCase);
    }
}
