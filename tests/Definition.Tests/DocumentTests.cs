using Grpc.Core;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Rule.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

public sealed class DocumentTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task A_clone_is_a_new_draft_of_the_same_design()
    {
        var journey = await author.JourneyAsync(Status.Published, Designs.Simple("Original"));
        await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Description = "later" });

        var ofDraft = await author.Journeys.CloneJourneyAsync(new() { Id = journey.Id });
        var ofVersion = await author.Journeys.CloneJourneyAsync(new() { Id = journey.Id, Version = 1, Name = "Named" });

        Assert.Equal(("Original (copy)", "later", Status.Draft, 0, 1), (ofDraft.Name, ofDraft.Description, ofDraft.Status, ofDraft.Version, ofDraft.Revision));
        Assert.Equal(("Named", ""), (ofVersion.Name, ofVersion.Description));
        Assert.Equal(journey.Graph, ofDraft.Graph);
        Assert.Equal(3, new[] { journey.Id, ofDraft.Id, ofVersion.Id }.Distinct().Count());
        await Refusal.With(StatusCode.NotFound, "VERSION_NOT_FOUND", author.Journeys.CloneJourneyAsync(new() { Id = journey.Id, Version = 2 }));
    }

    [Fact]
    public async Task What_is_exported_is_imported_on_another_site_with_all_audiences_it_takes()
    {
        var inner = await author.AudienceAsync("Inner", "max");
        var outer = await author.Audiences.CreateAudienceAsync(new() { Name = "Outer", Rule = new() { Not = new() { Rule = Designs.In(inner.Id) } } });
        var goal = await author.AudienceAsync("Goal");
        await author.AudienceAsync("Other");
        var journey = await author.JourneyAsync(Status.Published, Designs.Asking(outer.Id, outer.Id, goal.Id));
        var elsewhere = definition.NewSite();
        // The name is taken there by another rule.
        await elsewhere.AudienceAsync("Goal", "another");

        var document = await author.Journeys.ExportJourneyAsync(new() { Id = journey.Id });
        var imported = await elsewhere.Journeys.ImportJourneyAsync(new() { Document = document });

        Assert.Equal(["Goal", "Inner", "Outer"], document.Audiences.Select(audience => audience.Name));
        var made = (await elsewhere.Audiences.ListAudiencesAsync(new())).Audiences.ToDictionary(audience => audience.Name);
        Assert.Equal(["Goal", "Goal (2)", "Inner", "Outer"], made.Keys.Order());
        Assert.Equal(Designs.Plan("pro"), made["Goal (2)"].Rule);
        Assert.Equal(new Rule { Not = new() { Rule = Designs.In(made["Inner"].Id) } }, made["Outer"].Rule);
        var expected = Designs.Asking(made["Outer"].Id, made["Outer"].Id, made["Goal (2)"].Id);
        Assert.Equal(
            (expected.Graph, expected.Goal, expected.AudienceId, true, Status.Draft),
            (imported.Graph, imported.Goal, imported.AudienceId, imported.AutoEnroll, imported.Status));
        Assert.Equal(1, (await elsewhere.Journeys.PublishJourneyAsync(new() { Id = imported.Id })).Version);
        Assert.Equal(4, (await elsewhere.MessagesAsync()).Count(message => message.Type == "AudienceChanged"));
    }

    [Fact]
    public async Task Exit_rules_are_exported_and_imported_with_the_audiences_they_name()
    {
        var audience = await author.AudienceAsync("Pro");
        var design = Designs.Simple();
        design.Exits.Add(new ExitRule { Name = "In", Rule = Designs.In(audience.Id) });
        var journey = await author.JourneyAsync(design: design);
        var elsewhere = definition.NewSite();

        var imported = await elsewhere.Journeys.ImportJourneyAsync(
            new() { Document = await author.Journeys.ExportJourneyAsync(new() { Id = journey.Id }) });

        var made = Assert.Single((await elsewhere.Audiences.ListAudiencesAsync(new())).Audiences);
        Assert.Equal(new ExitRule { Name = "In", Rule = Designs.In(made.Id) }, Assert.Single(imported.Exits));
        Assert.Equal(design.Exits, (await author.Journeys.CloneJourneyAsync(new() { Id = journey.Id })).Exits);
    }

    [Fact]
    public async Task An_import_takes_audiences_that_are_there_by_id_or_by_name_and_rule()
    {
        var audience = await author.AudienceAsync("Pro");
        var journey = await author.JourneyAsync(design: Designs.Asking(audience.Id, audience.Id, audience.Id));
        var document = await author.Journeys.ExportJourneyAsync(new() { Id = journey.Id });
        var elsewhere = definition.NewSite();
        var same = await elsewhere.AudienceAsync("Pro");

        var here = await author.Journeys.ImportJourneyAsync(new() { Document = document, Name = "Again" });
        var there = await elsewhere.Journeys.ImportJourneyAsync(new() { Document = document });

        Assert.Equal(("Again", audience.Id), (here.Name, here.AudienceId));
        Assert.Equal(Designs.Asking(same.Id, same.Id, same.Id).Graph, there.Graph);
        Assert.Equal(1, (await author.Audiences.ListAudiencesAsync(new())).TotalSize);
        Assert.Equal(1, (await elsewhere.Audiences.ListAudiencesAsync(new())).TotalSize);
    }

    [Fact]
    public async Task A_bad_document_names_its_field_and_leaves_nothing_behind()
    {
        var audience = await author.AudienceAsync("Pro");
        var journey = await author.JourneyAsync(design: Designs.Asking(audience.Id, audience.Id, audience.Id));
        var good = await author.Journeys.ExportJourneyAsync(new() { Id = journey.Id });
        var elsewhere = definition.NewSite();
        async Task RefusedAsync(Action<JourneyDocument> spoil, string field)
        {
            var document = good.Clone();
            spoil(document);
            await Refusal.OfInput(elsewhere.Journeys.ImportJourneyAsync(new() { Document = document }), field);
        }

        JourneyDocument.Types.Audience Second(Rule? rule, string name = "Second") => new() { Id = Guid.CreateVersion7().ToString(), Name = name, Rule = rule };
        await Refusal.OfInput(elsewhere.Journeys.ImportJourneyAsync(new()), "document");
        await RefusedAsync(document => document.Format = "journeys/2", "document.format");
        await RefusedAsync(document => document.Design = null, "document.design");
        await RefusedAsync(document => document.Design.Name = "", "document.design.name");
        await RefusedAsync(document => document.Design.Graph.Nodes[0].Id = "?", "document.design.graph.nodes[0].id");
        await RefusedAsync(document => document.Audiences.Add(Second(null)), "document.audiences[1].rule");
        await RefusedAsync(document => document.Audiences.Add(Second(Designs.Plan("x"), "")), "document.audiences[1].name");
        await RefusedAsync(document => document.Audiences.Add(Second(Designs.In(Guid.CreateVersion7().ToString()))), "document.audiences[1].rule");
        await RefusedAsync(document => document.Audiences[0].Id = "x", "document.audiences[0].id");
        await RefusedAsync(document => document.Audiences.Add(document.Audiences[0].Clone()), "document.audiences");
        await RefusedAsync(document => document.Audiences[0].Rule = Designs.In(document.Audiences[0].Id), "document.audiences");
        await Refusal.OfInput(elsewhere.Journeys.ImportJourneyAsync(new() { Document = good, RequestId = new('x', 65) }), "requestId");

        Assert.Empty((await elsewhere.Audiences.ListAudiencesAsync(new())).Audiences);
        Assert.Empty((await elsewhere.Journeys.ListJourneysAsync(new())).Journeys);
        Assert.Empty(await elsewhere.MessagesAsync());
    }
}
