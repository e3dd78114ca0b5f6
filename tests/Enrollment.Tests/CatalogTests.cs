using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Tests;

/// <summary>What stays in memory of journeys is bounded, and what went is read again.</summary>
public sealed class CatalogTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Versions_that_were_not_used_for_long_go_from_memory_and_are_read_again()
    {
        var catalog = new JourneyCatalog(
            service.Get<JourneyStore>(), Options.Create(new CatalogOptions { SiteMegabytes = 1, VersionMegabytes = 1 }), TimeProvider.System,
            NullLogger<JourneyCatalog>.Instance);
        var journeyId = await site.PublishAsync(Large);
        for (var version = 2; version <= 20; version++)
            await site.PublishAsync(Large, journeyId);

        var first = (await catalog.VersionAsync(site.Id, journeyId, 1, CancellationToken.None)).Compiled;
        var same = (await catalog.VersionAsync(site.Id, journeyId, 1, CancellationToken.None)).Compiled;
        for (var version = 2; version <= 20; version++)
            await catalog.VersionAsync(site.Id, journeyId, version, CancellationToken.None);
        var again = (await catalog.VersionAsync(site.Id, journeyId, 1, CancellationToken.None)).Compiled;

        Assert.Same(first, same);
        Assert.NotSame(first, again);
        Assert.NotNull(again.Find("end"));
        Assert.Equal(20, (await catalog.OfAsync(site.Id, CancellationToken.None)).Journeys[journeyId].Version);
    }

    [Fact]
    public async Task A_replica_moves_nobody_by_a_version_that_another_replica_has_replaced()
    {
        var journeyId = Guid.CreateVersion7();
        var published = site.Published(journeyId, Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await site.Apply.PublishedAsync(published, CancellationToken.None);
        var enrollment = (await site.EnterAsync(journeyId, "u1")).Enrollment;
        var replica = new JourneyCatalog(
            service.Get<JourneyStore>(), Options.Create(new CatalogOptions()), TimeProvider.System, NullLogger<JourneyCatalog>.Instance);
        await replica.VersionAsync(site.Id, journeyId, 1, CancellationToken.None);

        var again = published.Clone();
        again.Version.Design = Google.Protobuf.JsonParser.Default.Parse<Protos.Definition.V1.Design>(
            Designs.Row("", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        again.Version.PublishTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(service.Clock.GetUtcNow().AddMinutes(5));
        await site.Apply.PublishedAsync(again, CancellationToken.None);
        var advance = new AdvanceEnrollments(
            service.Database, new EnrollmentLoader(replica, service.Get<PersonFacts>()), service.Get<EnrollmentWriter>(), service.Get<AfterCommit>(),
            service.Get<SetAside>(), service.Get<Clock>());
        await advance.HandleAsync(
            [new(site.Id, Guid.Parse(enrollment.Id), new Signal.Reported("one", ContentOutcome.Completed))], CancellationToken.None);

        Assert.Equal("two", Assert.Single(await site.EnrollmentsAsync(journeyId)).CurrentNodeId);
    }

    [Fact]
    public async Task What_is_asked_for_on_connections_of_its_own_keeps_to_the_limits_too()
    {
        await using var store = new JourneyStore(Options.Create(
            new PostgresOptions { ConnectionString = service.ConnectionString, LockTimeoutSeconds = 1 }));
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await transaction.ExecuteAsync("lock table enrollment.catalog in access exclusive mode", new { }, CancellationToken.None);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => store.CatalogChangeNoAsync(site.Id, CancellationToken.None));

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, refusal.SqlState);
    }

    [Fact]
    public async Task However_many_ask_after_a_change_a_site_is_loaded_once()
    {
        await site.PublishAsync(Large);
        var catalog = service.Get<JourneyCatalog>();
        catalog.Forget(site.Id);

        var loaded = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => catalog.NowAsync(site.Id, CancellationToken.None)));

        Assert.InRange(loaded.Distinct(ReferenceEqualityComparer.Instance).Count(), 1, 2);
    }

    [Fact]
    public void What_was_used_last_stays_up_to_the_weight_and_the_newest_always()
    {
        var lru = new Lru<string, int>(10);

        lru.Set("a", 1, 4);
        lru.Set("b", 2, 4);
        Assert.True(lru.TryGet("a", out _));
        lru.Set("c", 3, 4);
        Assert.False(lru.TryGet("b", out _));
        lru.Set("c", 4, 5);
        Assert.True(lru.TryGet("a", out _) && lru.TryGet("c", out var replaced) && replaced == 4);
        lru.Set("heavy", 5, 100);
        Assert.False(lru.TryGet("a", out _) || lru.TryGet("c", out _));
        Assert.True(lru.TryGet("heavy", out _));
        lru.Remove("heavy");
        Assert.False(lru.TryGet("heavy", out _));
    }

    // About 100 KiB.
    static string Large { get; } = $$$"""
        {"graph": {
          "nodes": [
            {"id": "start", "trigger": {"manual": {} } },
            {"id": "show", "content": {"contentType": "FLOW", "contentId": "c", "payload": {"text": "{{{new string('x', 60_000)}}}"} } },
            {"id": "more", "content": {"contentType": "FLOW", "contentId": "c", "payload": {"text": "{{{new string('y', 40_000)}}}"} } },
            {"id": "end", "exit": {"outcome": "done"} }],
          "edges": [
            {"id": "e1", "source": "start", "target": "show"}, {"id": "e2", "source": "show", "target": "more"}, {"id": "e3", "source": "more", "target": "end"}]} }
        """;
}
