using System.Diagnostics.Metrics;
using System.Net;
using Google.Protobuf;
using Journeys.BuildingBlocks.Failures;
using Journeys.BuildingBlocks.Messages;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Messaging.V1;
using Journeys.Testing;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>Where dead letters are seen: in the calls of their site, in the health of the service, and in its metrics.</summary>
public sealed class DeadLetterTests
{
    static readonly Guid Site = Guid.NewGuid();

    readonly string id = Guid.NewGuid().ToString();

    [Fact]
    public async Task A_site_sees_what_names_it_and_nothing_of_others()
    {
        var other = Guid.NewGuid();
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        await KeepAsync(new TimersRequested { Timers = { TimerOf(Site), TimerOf(other), TimerOf(other) } });
        await KeepAsync(new TimersRequested { Timers = { TimerOf(other) } });
        await KeepAsync(new ChunkCompleted { JobId = "of nobody" });

        var seen = await pair.Taker.DeadLetters.ListAsync(new() { Limit = 10 }, Site, CancellationToken.None);

        var letter = Assert.Single(seen.DeadLetters);
        Assert.Equal((1, 1), (seen.TotalSize, letter.Failures));
        Assert.Equal(DeadLetter.Types.Cause.Refused, letter.Cause);
        Assert.Equal(["timers[]: Timer x 1", "timers[].site_id: string x 1", "timers[].enrollment_id: string x 1", "timers[].visit_no: int32 x 1"], letter.Shape);
        Assert.Equal("", letter.Error);
        Assert.DoesNotContain("secret", seen.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (await pair.Taker.DeadLetters.ResendAsync(new(), Site, CancellationToken.None)).Resent);
        var foreign = (await pair.Taker.DeadLetters.ListAsync(new() { Limit = 10 }, other, CancellationToken.None)).DeadLetters;
        var refused = await pair.Taker.DeadLetters.ResendAsync(new() { Id = foreign[0].Id }, Site, CancellationToken.None);
        Assert.Equal((false, 0), (refused.Found, refused.Resent));

        Task KeepAsync(IMessage message) => pair.Taker.Failed.KeepAsync(
            "taker.timers-requested", new(Guid.NewGuid(), message.Descriptor.FullName, message.ToByteArray(), null),
            new("REFUSED", Fault.Final, "System.FormatException", "secret is no id"), Letter.SitesOf(message), tries: 0, CancellationToken.None);

        static Protos.Events.V1.Timer TimerOf(Guid site) => new() { SiteId = site.ToString(), EnrollmentId = "secret", VisitNo = 2 };
    }

    [Fact]
    public async Task Dead_letters_are_told_by_health_without_making_the_service_unready()
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("no id");
        await pair.Sender.SendAsync(new ChunkRequested { JobId = id });
        await pair.DeadAsync();
        await pair.Taker.Get<DeadLetterMeter>().RunOnceAsync(CancellationToken.None);

        var (status, detail) = await GetAsync("/health/detail");
        var (ready, _) = await GetAsync("/health/ready");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (status, ready));
        Assert.Contains("1 dead letters: taker.chunk-requested 1.", detail, StringComparison.Ordinal);

        async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
        {
            using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var answer = await http.GetAsync(new Uri(new Uri(pair.Taker.Address), path));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("/health/ready")]
    [InlineData("/health/detail")]
    public async Task A_service_that_is_not_ready_says_when_to_ask_again(string path)
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using var pair = await PostmanPair.StartAsync(rabbit: false, database.ConnectionString);
        await database.TakeAwayAsync();
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var answer = await http.GetAsync(new Uri(new Uri(pair.Taker.Address), path));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1"), (answer.StatusCode, answer.Headers.RetryAfter?.ToString()));
        await database.GiveBackAsync();
    }

    [Fact]
    public async Task Dead_letters_and_messages_that_wait_are_measured_by_queue()
    {
        await using var pair = await PostmanPair.StartAsync(rabbit: false, await Postman.DatabaseAsync());
        pair.Taker.Inbox.Behave = _ => throw new FormatException("no id");
        await pair.Sender.SendAsync([new ChunkRequested { JobId = $"{id} 1" }, new ChunkRequested { JobId = $"{id} 2" }]);
        await Eventually.Equal(2, async () => (await pair.Taker.DeadAsync()).Count, "dead letters");
        await pair.KeepAsync("waits");

        await Eventually.True(
            async () =>
            {
                await pair.Taker.Get<DeadLetterMeter>().RunOnceAsync(CancellationToken.None);
                return Read("journeys.dead_letters") == "taker.chunk-requested 2, taker.timers-requested 0"
                    && Read("journeys.messages.waiting") == "taker.chunk-requested 1, taker.timers-requested 0";
            },
            "the gauges to tell them");

        string Read(string name) => string.Join(", ", Gauge.Read(pair.Taker.Get<IMeterFactory>(), name).Order().Select(one => $"{one.Tags} {one.Value}"));
    }
}
