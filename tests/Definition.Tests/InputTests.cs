using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Graph.V1;

namespace Journeys.Definitions.Tests;

public sealed class InputTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    static readonly Duration TooLong = new() { Seconds = (3_653L * 86_400) + 1 };

    readonly Author author = definition.NewSite();

    public static TheoryData<string, Action<CreateJourneyRequest>> Faults => new()
    {
        { "name", design => design.Name = "" },
        { "name", design => design.Name = new('x', 256) },
        { "name", design => design.Name = "a\0b" },
        { "name", design => design.Name = "\u200B" },
        { "graph.nodes[start].name", design => design.Graph.Nodes[0].Name = " \u2060" },
        { "description", design => design.Description = "a\u0007b" },
        { "graph.edges[0].branch", design => design.Graph.Edges[0].Branch = "a\0b" },
        { "graph.nodes[0].exit.outcome", design => design.Graph.Nodes[0].Exit = new() { Outcome = "a\0b" } },
        { "graph.nodes[0].content.contentId", design => design.Graph.Nodes[0].Content = new() { ContentId = "a\nb" } },
        { "graph.nodes[0].content.payload.a", design => design.Graph.Nodes[0].Content = new() { Payload = new() { Fields = { ["a"] = new Value() } } } },
        { "graph.nodes[0].condition.branches[0].name", design => design.Graph.Nodes[0].Condition = new() { Branches = { new Condition.Types.Branch { Name = "a\0b" } } } },
        { "graph.nodes[0].trigger.customEvent.eventName", design => design.Graph.Nodes[0].Trigger = new() { CustomEvent = new() { EventName = "a\0b" } } },
        { "goal.rule.condition.value", design => design.Goal = new() { Rule = new() { Condition = new() { Value = Value.ForString("a\0b") } } } },
        { "description", design => design.Description = new('x', 4_097) },
        { "audienceId", design => design.AudienceId = "everybody" },
        { "goal.rule.audience.audienceId", design => design.Goal = new() { Rule = Designs.In("everybody") } },
        { "exits[0].rule.audience.audienceId", design => design.Exits.Add(new ExitRule { Name = "x", Rule = Designs.In("everybody") }) },
        { "graph.nodes[start].goalCheck.rule.audience.audienceId", design => design.Graph.Nodes[0].GoalCheck = new() { Rule = Designs.In("everybody") } },
        { "graph.nodes[start].condition.branches[0].rule.not.rule.audience.audienceId", design => design.Graph.Nodes[0].Condition = new() { Branches = { new Condition.Types.Branch { Rule = new() { Not = new() { Rule = Designs.In("{1}") } } } } } },
        { "timeZone", design => design.TimeZone = "Mars/Olympus" },
        { "reEnrollment", design => design.ReEnrollment = (Journey.Types.ReEnrollment)9 },
        { "reEnrollmentCooldown", design => design.ReEnrollmentCooldown = TooLong },
        { "reEnrollmentCooldown", design => design.ReEnrollmentCooldown = new() { Seconds = -1 } },
        { "reEnrollmentCooldown", design => design.ReEnrollmentCooldown = new() { Seconds = 1, Nanos = -5 } },
        { "goal.deadline", design => design.Goal = new() { Rule = Designs.Plan("pro"), Deadline = new() } },
        { "goal.deadline", design => design.Goal = new() { Rule = Designs.Plan("pro"), Deadline = new() { Seconds = long.MaxValue } } },
        { "goal.rule.event.within", design => design.Goal = new() { Rule = new() { Event = new() { Name = "e", Within = TooLong } } } },
        { "requestId", design => design.RequestId = new('x', 65) },
        { "graph.nodes[0].id", design => design.Graph.Nodes[0].Id = "" },
        { "graph.nodes[0].id", design => design.Graph.Nodes[0].Id = "a b" },
        { "graph.nodes[0].id", design => design.Graph.Nodes[0].Id = new('x', 65) },
        { "graph.nodes[2].id", design => design.Graph.Nodes.Add(Designs.Start()) },
        { "graph.nodes[start].name", design => design.Graph.Nodes[0].Name = new('x', 256) },
        { "graph.nodes[0].position.x", design => design.Graph.Nodes[0].Position = new() { X = double.NaN } },
        { "graph.nodes[0].content.contentType", design => design.Graph.Nodes[0].Content = new() { ContentType = (Content.Types.ContentType)77 } },
        { "graph.nodes[start].content.expireAfter", design => design.Graph.Nodes[0].Content = new() { ExpireAfter = TooLong } },
        { "graph.nodes[start].content.payload", design => design.Graph.Nodes[0].Content = new() { Payload = new() { Fields = { ["a"] = Value.ForString(new('x', 65_536)) } } } },
        { "graph.nodes[0].content.payload.a", design => design.Graph.Nodes[0].Content = new() { Payload = new() { Fields = { ["a"] = Value.ForNumber(double.NaN) } } } },
        { "graph.nodes[start].wait.duration", design => design.Graph.Nodes[0].Wait = new() { Duration = TooLong } },
        { "graph.nodes[0].wait.duration", design => design.Graph.Nodes[0].Wait = new() { Duration = new() { Seconds = long.MinValue } } },
        { "graph.nodes[0].wait.date", design => design.Graph.Nodes[0].Wait = new() { Date = new() { Seconds = long.MaxValue } } },
        { "graph.nodes[start].wait.traitDate.offset", design => design.Graph.Nodes[0].Wait = new() { TraitDate = new() { Trait = "t", Offset = TooLong } } },
        { "graph.nodes[0].wait.localTime.weekdays[0]", design => design.Graph.Nodes[0].Wait = new() { LocalTime = new() { Weekdays = { (Wait.Types.LocalTime.Types.Weekday)8 } } } },
        { "graph.nodes[start].waitForEvent.timeout", design => design.Graph.Nodes[0].WaitForEvent = new() { Timeout = TooLong } },
        { "graph.edges[0].id", design => design.Graph.Edges[0].Id = "" },
        { "graph.edges[1].id", design => design.Graph.Edges.Add(design.Graph.Edges[0].Clone()) },
        { "graph.nodes", design => design.Graph.Nodes.AddRange(Enumerable.Range(0, 499).Select(n => new Node { Id = $"n{n}" })) },
        { "graph.edges", design => design.Graph.Edges.AddRange(Enumerable.Range(0, 2_000).Select(n => new Edge { Id = $"n{n}" })) },
        { "graph", design => design.Graph.Nodes.AddRange(Enumerable.Range(0, 20).Select(n => new Node { Id = $"n{n}", Content = new() { Payload = new() { Fields = { ["a"] = Value.ForString(new('x', 60_000)) } } } })) },
    };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public async Task A_draft_that_may_not_be_stored_is_refused_and_names_its_field(string field, Action<CreateJourneyRequest> spoil)
    {
        var design = Designs.Simple();
        var journey = await author.JourneyAsync();
        spoil(design);

        await Refusal.OfInput(author.Journeys.CreateJourneyAsync(design), field);
        if (field.StartsWith("graph", StringComparison.Ordinal))
            await Refusal.OfInput(author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Graph = design.Graph }), field);

        Assert.Equal(journey, await author.GetAsync(journey.Id));
        Assert.Equal(1, (await author.Journeys.ListJourneysAsync(new())).TotalSize);
    }

    [Fact]
    public async Task All_faults_are_named_at_once()
    {
        var request = new CreateJourneyRequest { AudienceId = "x", TimeZone = "y", Graph = new() { Nodes = { new Node { Id = "?" } } } };

        await Refusal.OfInput(author.Journeys.CreateJourneyAsync(request), "name", "audienceId", "timeZone", "graph.nodes[0].id");
    }

    [Fact]
    public async Task An_incomplete_draft_is_kept_and_can_be_asked_what_it_lacks()
    {
        var journey = await author.Journeys.CreateJourneyAsync(new() { Name = "Empty", Graph = new() { Nodes = { new Node { Id = "a" }, new Node { Id = "b", Wait = new() } } } });

        var validated = await author.Journeys.ValidateJourneyAsync(new() { Id = journey.Id });

        Assert.Equal((Journey.Types.ReEnrollment.Never, 2, 0), (journey.ReEnrollment, journey.Counts.Nodes, journey.Counts.Edges));
        Assert.Equal(["a", "b"], validated.Problems.Where(problem => problem.Code == "MISSING_KIND").Select(problem => problem.NodeId));
    }

    [Fact]
    public async Task Requests_name_what_is_wrong_with_them()
    {
        var journey = await author.JourneyAsync();

        await Refusal.OfInput(author.Journeys.GetJourneyAsync(new() { Id = "1" }), "id");
        await Refusal.OfInput(author.Journeys.UpdateJourneyAsync(new() { Id = "1" }), "id");
        await Refusal.OfInput(author.Journeys.DeleteJourneyAsync(new() { Id = "1" }), "id");
        await Refusal.OfInput(author.Journeys.ValidateJourneyAsync(new() { Id = "1" }), "id");
        await Refusal.OfInput(author.Journeys.PublishJourneyAsync(new() { Id = "1" }), "id");
        await Refusal.OfInput(author.Journeys.PauseJourneyAsync(new() { Id = "1" }), "id");
        await Refusal.OfInput(author.Journeys.ListJourneysAsync(new() { PageSize = -1 }), "pageSize");
        await Refusal.OfInput(author.Journeys.ListJourneysAsync(new() { PageToken = "x" }), "pageToken");
        await Refusal.OfInput(author.Journeys.ListJourneysAsync(new() { Search = new('x', 256) }), "search");
        await Refusal.OfInput(author.Journeys.ListJourneysAsync(new() { Status = { Journey.Types.Status.Unspecified } }), "status");
        await Refusal.OfInput(author.Journeys.ListJourneysAsync(new() { Status = { (Journey.Types.Status)9 } }), "status[0]");
        await Refusal.OfInput(author.Journeys.ListVersionsAsync(new() { Id = journey.Id, PageSize = -1 }), "pageSize");
        await Refusal.OfInput(author.Journeys.GetVersionAsync(new() { Id = journey.Id, Version = 0 }), "version");
        await Refusal.OfInput(author.Journeys.CloneJourneyAsync(new() { Id = journey.Id, Version = -1 }), "version");
        await Refusal.OfInput(author.Journeys.CloneJourneyAsync(new() { Id = journey.Id, Name = new('x', 256) }), "name");
        await Refusal.OfInput(author.Journeys.ExportJourneyAsync(new() { Id = journey.Id, Version = -1 }), "version");
    }
}
