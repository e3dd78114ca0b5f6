using System.Collections.Concurrent;
using System.Diagnostics;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Npgsql;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

/// <summary>Whoever compares its copy of a journey with Definition reads all of its changes, page by page.</summary>
public sealed class ChangePagesTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    [Fact]
    public async Task A_journey_of_many_large_versions_is_read_in_pages_each_with_one_statement_for_all_its_versions()
    {
        var author = definition.NewSite();
        var journey = await author.JourneyAsync(Status.Published);
        // Each has 200,000 bytes more, in a field that this release does not know.
        await using (var command = definition.Database.CreateCommand("""
            insert into definition.version (site_id, journey_id, version, design, nodes, edges, publisher, note, published_at)
            select site_id, journey_id, number, design || '\xc23ec09a0c'::bytea || decode(repeat('61', 200000), 'hex'), nodes, edges, publisher, note, published_at
            from definition.version, generate_series(2, 12) as number
            where journey_id = @id::uuid
            """))
        {
            command.Parameters.AddWithValue("id", journey.Id);
            await command.ExecuteNonQueryAsync();
        }

        using var statements = new Statements(definition.Database);
        var (read, pages) = await ReadAsync(author.SiteId, journey.Id);

        Assert.Equal([.. Enumerable.Range(2, 11), 1], read);
        Assert.InRange(pages, 2, 4);
        Assert.InRange(statements.Count("version.design") + statements.Count("version = @version"), 1, pages);
    }

    async Task<(IReadOnlyList<int> Versions, int Pages)> ReadAsync(Guid siteId, string journeyId)
    {
        var (read, pages) = (new List<int>(), 0);
        var request = new ListChangesRequest { SiteId = $"{siteId}", Id = journeyId };
        do
        {
            var page = await definition.Changes.ListChangesAsync(request);
            read.AddRange(page.Changes.Select(change => JourneyPublished.Parser.ParseFrom(change.Body).Version.Version_));
            request.PageToken = page.NextPageToken;
            pages++;
        }
        while (request.PageToken.Length > 0);
        return (read, pages);
    }

    // The statements that are sent to one database, as the driver traces them.
    sealed class Statements : IDisposable
    {
        readonly ConcurrentQueue<string> texts = new();
        readonly ActivityListener listener;

        public Statements(NpgsqlDataSource database)
        {
            var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
            listener = new()
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    var text = string.Join('\n', activity.TagObjects.Select(tag => $"{tag.Value}"));
                    if (text.Contains(name, StringComparison.Ordinal))
                        texts.Enqueue(text);
                },
            };
            ActivitySource.AddActivityListener(listener);
        }

        public int Count(string part) => texts.Count(text => text.Contains(part, StringComparison.Ordinal));

        public void Dispose() => listener.Dispose();
    }
}
