using Dapper;
using Google.Protobuf;
using Journeys.Copies;
using Journeys.Definitions.Lifecycle;
using Journeys.Protos.Definition.V1;
using Microsoft.Extensions.Options;

namespace Journeys.Enrollments.Tests;

/// <summary>What Definition does not list may be lost after a restore, or may have been made since it answered.</summary>
public sealed class LostChangesTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>, IAsyncLifetime
{
    readonly TestSite site = service.NewSite();
    readonly Lines<CompareWithDefinition> lines = new();
    DefinitionBeside definition = null!;

    public async Task InitializeAsync() => definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);

    // What one test has lost, the next one must not find.
    public async Task DisposeAsync()
    {
        await QueryAsync<int>("update enrollment.journey set status = 'DRAFT' where site_id = @site; update enrollment.site_halt set halted = false where site_id = @site; select 1");
        await definition.DisposeAsync();
    }

    [Fact]
    public async Task A_halt_that_was_made_while_it_is_compared_is_no_lost_one()
    {
        var lifted = await CompareAsync(meanwhile: () => definition.Get<HaltSite>().HandleAsync(site.Id, "admin", "why", CancellationToken.None));

        Assert.Equal(0, lifted);
        Assert.True(await QueryAsync<bool>("select halted from enrollment.site_halt where site_id = @site"));
    }

    [Fact]
    public async Task A_journey_that_was_published_while_it_is_compared_is_no_lost_one()
    {
        await CompareAsync(meanwhile: PublishAsync);

        Assert.DoesNotContain(lines.All, line => line.Contains("Definition does not know", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_journey_of_which_Definition_cannot_say_what_it_knows_is_no_lost_one()
    {
        await CompareAsync(meanwhile: async () =>
        {
            await PublishAsync();
            // A published version never changes, but on a disk that fails.
            await QueryAsync<int>("""
                set session_replication_role = replica;
                update definition.version set design = '\xff' where site_id = @site;
                reset session_replication_role;
                select 1
                """);
        });

        Assert.Contains(lines.All, line => line.Contains("Definition cannot say what it knows", StringComparison.Ordinal));
        Assert.DoesNotContain(lines.All, line => line.Contains("Definition does not know", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_journey_that_was_lost_is_told()
    {
        await PublishAsync();
        await QueryAsync<int>("""
            set session_replication_role = replica;
            delete from definition.move where site_id = @site;
            delete from definition.version where site_id = @site;
            delete from definition.journey where site_id = @site;
            reset session_replication_role;
            select 1
            """);

        await CompareAsync(meanwhile: () => Task.CompletedTask);

        Assert.Contains(lines.All, line => line.Contains("Definition does not know", StringComparison.Ordinal));
    }

    async Task PublishAsync()
    {
        var design = JsonParser.Default.Parse<CreateJourneyRequest>(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        design.Name = "Journey";
        var draft = await definition.JourneysOf(site).CreateJourneyAsync(design);
        await definition.JourneysOf(site).PublishJourneyAsync(new() { Id = draft.Id });
    }

    // Something happens between what Definition answers and a look at the copy.
    Task<int> CompareAsync(Func<Task> meanwhile) => new CompareWithDefinition(
        service.Get<ChangeService.ChangeServiceClient>(), new Interrupted(service.Get<ICopy>(), meanwhile), Options.Create(new CopyOptions()),
        service.Get<Divergence>(), service.Clock, lines).CompareAsync(CancellationToken.None);

    async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, new { site = site.Id });
    }

    sealed class Interrupted(ICopy copy, Func<Task> meanwhile) : ICopy
    {
        public Task<IReadOnlyDictionary<(Guid SiteId, Guid Id), Known>> FindAsync(IReadOnlyList<(Guid SiteId, Guid Id)> keys, CancellationToken ct) =>
            copy.FindAsync(keys, ct);

        public async Task<IReadOnlyList<(Guid SiteId, Guid Id)>> ListAsync(CancellationToken ct)
        {
            await meanwhile();
            return await copy.ListAsync(ct);
        }

        public Task<Guid?> DistrustAsync(Guid siteId, Guid id, int number, DateTimeOffset? at, CancellationToken ct) =>
            copy.DistrustAsync(siteId, id, number, at, ct);

        public Task TrustAsync(Guid siteId, Guid id, Guid distrust, CancellationToken ct) =>
            copy.TrustAsync(siteId, id, distrust, ct);

        public Task ApplyAsync(IMessage change, CancellationToken ct) => copy.ApplyAsync(change, ct);
    }
}
