using Grpc.Core;
using Journeys.Protos.Definition.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

public sealed class ListingTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task Journeys_are_listed_page_by_page_most_lately_changed_first_without_graphs()
    {
        var ids = new List<string>();
        for (var n = 0; n < 5; n++)
            ids.Insert(0, (await author.JourneyAsync(design: Designs.Simple($"Journey {n}"))).Id);
        await author.Journeys.UpdateJourneyAsync(new() { Id = ids[4], Description = "changed last" });
        ids = [ids[4], .. ids[..4]];

        var pages = await PagesAsync(new() { PageSize = 2 });

        Assert.Equal([2, 2, 1], pages.Select(page => page.Journeys.Count));
        Assert.Equal(ids, pages.SelectMany(page => page.Journeys).Select(journey => journey.Id));
        Assert.All(pages, page => Assert.Equal(5, page.TotalSize));
        Assert.All(pages.SelectMany(page => page.Journeys), journey => Assert.Null(journey.Graph));
    }

    [Fact]
    public async Task Archived_journeys_leave_the_default_list_and_stay_readable()
    {
        var archived = await author.JourneyAsync(Status.Published);
        var draft = await author.JourneyAsync();
        await author.Journeys.ArchiveJourneyAsync(new() { Id = archived.Id });

        var byDefault = await author.Journeys.ListJourneysAsync(new());
        var asked = await author.Journeys.ListJourneysAsync(new() { Status = { Status.Archived } });

        Assert.Equal(draft.Id, Assert.Single(byDefault.Journeys).Id);
        Assert.Equal(archived.Id, Assert.Single(asked.Journeys).Id);
        Assert.Equal(archived.Graph, (await author.GetAsync(archived.Id)).Graph);
        Assert.Equal(archived.Graph, (await author.Journeys.GetVersionAsync(new() { Id = archived.Id, Version = 1 })).Design.Graph);
        Assert.Equal(archived.Graph, (await author.Journeys.ExportJourneyAsync(new() { Id = archived.Id, Version = 1 })).Design.Graph);
    }

    [Fact]
    public async Task A_list_can_be_filtered_by_statuses_and_searched_by_name()
    {
        await author.JourneyAsync(Status.Published, Designs.Simple("Welcome pro"));
        await author.JourneyAsync(Status.Paused, Designs.Simple("Welcome max"));
        await author.JourneyAsync(Status.Draft, Designs.Simple("100% off_er"));

        Assert.Equal(["Welcome max", "Welcome pro"], await NamesAsync(new() { Search = "wELCOME" }));
        Assert.Equal(["Welcome max"], await NamesAsync(new() { Search = "welcome", Status = { Status.Paused, Status.Draft } }));
        Assert.Equal(["100% off_er"], await NamesAsync(new() { Search = "0% off_" }));
        Assert.Empty(await NamesAsync(new() { Search = "o%m" }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_repeated_request_gets_the_first_answer_also_when_repeats_race(int calls)
    {
        var journey = await author.JourneyAsync();
        var document = await author.Journeys.ExportJourneyAsync(new() { Id = journey.Id });
        // One id for all kinds of calls: each kind has its own memory.
        var requestId = $"request-{calls}";
        var design = Designs.Simple();
        design.RequestId = requestId;
        async Task OnceAsync(Func<Task<string>> call)
        {
            var first = calls == 0 ? await call() : null;
            var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => call()));
            Assert.Single(answers.Append(first ?? answers[0]).Distinct());
        }

        await OnceAsync(async () => (await author.Journeys.CreateJourneyAsync(design)).Id);
        await OnceAsync(async () => (await author.Journeys.CloneJourneyAsync(new() { Id = journey.Id, RequestId = requestId })).Id);
        await OnceAsync(async () => (await author.Journeys.ImportJourneyAsync(new() { Document = document, RequestId = requestId })).Id);
        await OnceAsync(async () => (await author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = Designs.Plan("pro"), RequestId = requestId })).Id);

        Assert.Equal(4, (await author.Journeys.ListJourneysAsync(new())).TotalSize);
        Assert.Single(await author.MessagesAsync());
    }

    [Fact]
    public async Task Another_sites_journeys_and_audiences_are_not_found()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var audience = await author.AudienceAsync("Pro");
        var (stranger, id) = (definition.NewSite(), journey.Id);

        foreach (var call in (AsyncUnaryCall<Journey>[])
        [
            stranger.Journeys.GetJourneyAsync(new() { Id = id }), stranger.Journeys.UpdateJourneyAsync(new() { Id = id, Name = "x" }),
            stranger.Journeys.PublishJourneyAsync(new() { Id = id }), stranger.Journeys.PauseJourneyAsync(new() { Id = id }),
            stranger.Journeys.ResumeJourneyAsync(new() { Id = id }), stranger.Journeys.ArchiveJourneyAsync(new() { Id = id }),
            stranger.Journeys.RestoreJourneyAsync(new() { Id = id }), stranger.Journeys.CloneJourneyAsync(new() { Id = id }),
        ])
            await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", call);
        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", stranger.Journeys.DeleteJourneyAsync(new() { Id = id }));
        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", stranger.Journeys.ValidateJourneyAsync(new() { Id = id }));
        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", stranger.Journeys.ListVersionsAsync(new() { Id = id }));
        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", stranger.Journeys.GetVersionAsync(new() { Id = id, Version = 1 }));
        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", stranger.Journeys.ExportJourneyAsync(new() { Id = id }));
        await Refusal.With(StatusCode.NotFound, "AUDIENCE_NOT_FOUND", stranger.Audiences.GetAudienceAsync(new() { Id = audience.Id }));
        await Refusal.With(StatusCode.NotFound, "AUDIENCE_NOT_FOUND", stranger.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Name = "x" }));
        await Refusal.With(StatusCode.NotFound, "AUDIENCE_NOT_FOUND", stranger.Audiences.DeleteAudienceAsync(new() { Id = audience.Id }));
        Assert.Empty((await stranger.Journeys.ListJourneysAsync(new())).Journeys);
        Assert.Empty((await stranger.Audiences.ListAudiencesAsync(new())).Audiences);
        Assert.Equal(journey, await author.GetAsync(id));
    }

    [Fact]
    public async Task Another_sites_audience_cannot_be_used()
    {
        var audience = await author.AudienceAsync("Pro");
        var stranger = definition.NewSite();
        var design = Designs.Simple();
        design.AudienceId = audience.Id;
        var journey = await stranger.JourneyAsync(design: design);

        var problem = Assert.Single((await stranger.Journeys.ValidateJourneyAsync(new() { Id = journey.Id })).Problems);

        Assert.Equal(("UNKNOWN_AUDIENCE", "audienceId"), (problem.Code, problem.Field));
        await Refusal.OfInput(stranger.Audiences.CreateAudienceAsync(new() { Name = "Mine", Rule = Designs.In(audience.Id) }), "rule");
        await author.Audiences.DeleteAudienceAsync(new() { Id = audience.Id });
    }

    async Task<List<ListJourneysResponse>> PagesAsync(ListJourneysRequest request)
    {
        var pages = new List<ListJourneysResponse>();
        do
        {
            pages.Add(await author.Journeys.ListJourneysAsync(request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return pages;
    }

    async Task<IEnumerable<string>> NamesAsync(ListJourneysRequest request) =>
        (await author.Journeys.ListJourneysAsync(request)).Journeys.Select(journey => journey.Name).Order(StringComparer.Ordinal);
}
