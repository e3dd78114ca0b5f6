using Grpc.Core;
using Journeys.Definitions.Changes;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Rule.V1;

namespace Journeys.Definitions.Tests;

public sealed class AudienceTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task An_audience_is_created_read_changed_and_deleted_and_each_change_is_told()
    {
        var created = await author.Audiences.CreateAudienceAsync(new() { Name = "Pro", Description = "d", Rule = Designs.Plan("pro") });
        Assert.Equal(created, await author.Audiences.GetAudienceAsync(new() { Id = created.Id }));

        var changed = await author.Audiences.UpdateAudienceAsync(new() { Id = created.Id, Revision = 1, Name = "Max", Rule = Designs.Plan("max") });
        Assert.Equal(changed, await author.Audiences.GetAudienceAsync(new() { Id = created.Id }));
        Assert.Equal(("Max", "d", 2), (changed.Name, changed.Description, changed.Revision));

        await author.Audiences.DeleteAudienceAsync(new() { Id = created.Id });
        await Refusal.With(StatusCode.NotFound, "AUDIENCE_NOT_FOUND", author.Audiences.GetAudienceAsync(new() { Id = created.Id }));

        var messages = (await author.MessagesAsync()).Select(message => AudienceChanged.Parser.ParseFrom(message.Body));
        Assert.Equal(
            [(1, "Pro", Designs.Plan("pro"), false), (2, "Max", Designs.Plan("max"), false), (3, "Max", null, true)],
            messages.Select(message => (message.Revision, message.Name, (Rule?)message.Rule, message.Deleted)));
    }

    [Fact]
    public async Task An_audience_says_whether_its_newest_change_is_in_force_for_people()
    {
        // There is no Enrollment here that could acknowledge it.
        var created = await author.AudienceAsync("Pro");
        Assert.False(created.AppliedEverywhere);
        await AcknowledgeAsync(revision: 1);
        Assert.True((await author.Audiences.GetAudienceAsync(new() { Id = created.Id })).AppliedEverywhere);

        var changed = await author.Audiences.UpdateAudienceAsync(new() { Id = created.Id, Rule = Designs.Plan("max") });
        await AcknowledgeAsync(revision: 1);
        var listed = Assert.Single((await author.Audiences.ListAudiencesAsync(new())).Audiences);
        Assert.Equal((false, false), (changed.AppliedEverywhere, listed.AppliedEverywhere));
        await AcknowledgeAsync(revision: 2);
        Assert.True(Assert.Single((await author.Audiences.ListAudiencesAsync(new())).Audiences).AppliedEverywhere);

        Task AcknowledgeAsync(int revision) => definition.Get<ChangeStore>().NoteAsync(
            author.SiteId, Guid.Parse(created.Id), revision, acknowledged: true, now: null, CancellationToken.None);
    }

    [Fact]
    public async Task A_change_that_changes_nothing_is_not_told()
    {
        var audience = await author.AudienceAsync("Pro");

        var same = await author.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Name = "Pro", Rule = Designs.Plan("pro") });

        Assert.Equal(audience, same);
        Assert.Single(await author.MessagesAsync());
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused()
    {
        await author.AudienceAsync("Pro");
        var other = await author.AudienceAsync("Max");

        await Refusal.With(
            StatusCode.AlreadyExists, "NAME_TAKEN", author.Audiences.CreateAudienceAsync(new() { Name = "Pro", Rule = Designs.Plan("x") }));
        await Refusal.With(StatusCode.AlreadyExists, "NAME_TAKEN", author.Audiences.UpdateAudienceAsync(new() { Id = other.Id, Name = "Pro" }));
        Assert.Equal("Pro", (await definition.NewSite().AudienceAsync("Pro")).Name);
    }

    [Fact]
    public async Task A_change_on_an_older_revision_conflicts()
    {
        var audience = await author.AudienceAsync("Pro");
        await author.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Revision = 1, Name = "Max" });

        await Refusal.With(
            StatusCode.Aborted, "STALE_REVISION", author.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Revision = 1, Name = "Min" }));
    }

    [Fact]
    public async Task An_audience_that_a_draft_or_a_version_or_another_audience_uses_stays()
    {
        var ofDraft = await author.AudienceAsync("Draft");
        var ofCondition = await author.AudienceAsync("Condition");
        var ofGoal = await author.AudienceAsync("Goal");
        var ofAudience = await author.AudienceAsync("Inner");
        await author.Audiences.CreateAudienceAsync(new() { Name = "Outer", Rule = new() { Not = new() { Rule = Designs.In(ofAudience.Id) } } });
        var journey = await author.JourneyAsync(Journey.Types.Status.Published, Designs.Asking(ofDraft.Id, ofCondition.Id, ofGoal.Id));

        foreach (var audience in (Audience[])[ofDraft, ofCondition, ofGoal, ofAudience])
            await Refusal.With(StatusCode.FailedPrecondition, "AUDIENCE_IN_USE", author.Audiences.DeleteAudienceAsync(new() { Id = audience.Id }));
        Assert.Equal(1, (await author.Audiences.GetAudienceAsync(new() { Id = ofGoal.Id })).Journeys);

        // The draft lets go of them, the live version does not until the next one is published.
        await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, AutoEnroll = false, AudienceId = "", Goal = new(), Graph = Designs.Simple().Graph });
        await Refusal.With(StatusCode.FailedPrecondition, "AUDIENCE_IN_USE", author.Audiences.DeleteAudienceAsync(new() { Id = ofGoal.Id }));
        await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });
        await author.Audiences.DeleteAudienceAsync(new() { Id = ofGoal.Id });
    }

    [Fact]
    public async Task A_condition_with_an_unfinished_branch_still_holds_the_audience_of_the_other()
    {
        var audience = await author.AudienceAsync("Pro");
        var design = Designs.Asking(audience.Id, audience.Id, audience.Id);
        design.Graph.Nodes[1].Condition.Branches.Add(new Protos.Graph.V1.Condition.Types.Branch { Name = "unfinished" });
        design.AudienceId = "";
        design.Goal = null;
        await author.Journeys.CreateJourneyAsync(design);

        await Refusal.With(StatusCode.FailedPrecondition, "AUDIENCE_IN_USE", author.Audiences.DeleteAudienceAsync(new() { Id = audience.Id }));
    }

    [Fact]
    public async Task An_audience_is_deleted_or_used_but_never_both_when_both_are_tried_at_once()
    {
        for (var n = 0; n < 10; n++)
        {
            var audience = await author.AudienceAsync($"Racing {n}");
            var design = Designs.Simple();
            design.AudienceId = audience.Id;

            var creating = author.Journeys.CreateJourneyAsync(design).ResponseAsync;
            var naming = author.Audiences.CreateAudienceAsync(new() { Name = $"Naming {n}", Rule = Designs.In(audience.Id) }).ResponseAsync;
            var deleting = OutcomeAsync(author.Audiences.DeleteAudienceAsync(new() { Id = audience.Id }));
            var named = await naming.ContinueWith(done => done.IsCompletedSuccessfully, TaskScheduler.Default);
            var published = await OutcomeAsync(author.Journeys.PublishJourneyAsync(new() { Id = (await creating).Id }));

            var outcome = (await deleting, published, named);
            Assert.True(outcome is (StatusCode.OK, StatusCode.FailedPrecondition, false) or (StatusCode.FailedPrecondition, StatusCode.OK, _), $"{outcome}");
        }
    }

    [Fact]
    public async Task Audiences_never_name_each_other_in_a_circle_even_when_both_are_changed_at_once()
    {
        for (var n = 0; n < 10; n++)
        {
            var (one, other) = (await author.AudienceAsync($"One {n}"), await author.AudienceAsync($"Other {n}"));

            var outcomes = await Task.WhenAll(
                OutcomeAsync(author.Audiences.UpdateAudienceAsync(new() { Id = one.Id, Rule = Designs.In(other.Id) })),
                OutcomeAsync(author.Audiences.UpdateAudienceAsync(new() { Id = other.Id, Rule = Designs.In(one.Id) })));

            Assert.Equal([StatusCode.OK, StatusCode.InvalidArgument], outcomes.Order());
        }
    }

    [Fact]
    public async Task Audiences_are_listed_by_name_page_by_page_and_searched()
    {
        foreach (var name in (string[])["delta", "Alpha", "charlie", "bravo", "Alphabet"])
            await author.AudienceAsync(name);

        var names = new List<string>();
        for (var (token, isFirst) = ("", true); isFirst || token.Length > 0; isFirst = false)
        {
            var page = await author.Audiences.ListAudiencesAsync(new() { PageSize = 2, PageToken = token });
            Assert.Equal(5, page.TotalSize);
            names.AddRange(page.Audiences.Select(audience => audience.Name));
            token = page.NextPageToken;
        }

        var found = await author.Audiences.ListAudiencesAsync(new() { Search = "ALPHA" });
        Assert.Equal(5, names.Distinct().Count());
        Assert.Equal((await author.Audiences.ListAudiencesAsync(new())).Audiences.Select(audience => audience.Name), names);
        Assert.Equal(["Alpha", "Alphabet"], found.Audiences.Select(audience => audience.Name));
        Assert.Equal(2, found.TotalSize);
    }

    [Fact]
    public async Task Bad_input_names_its_field()
    {
        var rule = Designs.Plan("pro");
        var noSuch = Guid.CreateVersion7().ToString();
        var audience = await author.AudienceAsync("Good");

        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Rule = rule }), "name");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = new('x', 256), Rule = rule }), "name");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "a\0b", Rule = rule }), "name");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "n", Description = new('x', 4_097), Rule = rule }), "description");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "n" }), "rule");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = new() }), "rule");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = Designs.In(noSuch) }), "rule");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = Designs.In("everybody") }), "rule.audience.audienceId");
        await Refusal.OfInput(
            author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = new() { Not = new() { Rule = Designs.In("") } } }),
            "rule.not.rule.audience.audienceId");
        await Refusal.OfInput(author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = rule, RequestId = new('x', 65) }), "requestId");
        await Refusal.OfInput(
            author.Audiences.CreateAudienceAsync(new()
            {
                Name = "n",
                Rule = new() { Group = new() { Operator = Rule.Types.Group.Types.Operator.Or, Rules = { new Rule { Condition = new() { Field = "journey.a.b" } } } } },
            }),
            "rule.group.rules[0].condition.field", "rule.group.rules[0].condition.operator");
        await Refusal.OfInput(
            author.Audiences.CreateAudienceAsync(new() { Name = "n", Rule = new() { Event = new() { Name = "e", Within = new() { Seconds = long.MaxValue } } } }),
            "rule.event.within");
        await Refusal.OfInput(author.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Name = "" }), "name");
        await Refusal.OfInput(author.Audiences.UpdateAudienceAsync(new() { Id = audience.Id, Rule = Designs.In(audience.Id) }), "rule");
        await Refusal.OfInput(author.Audiences.GetAudienceAsync(new() { Id = "x" }), "id");
        await Refusal.OfInput(author.Audiences.DeleteAudienceAsync(new() { Id = "" }), "id");
        await Refusal.OfInput(author.Audiences.ListAudiencesAsync(new() { PageSize = -1 }), "pageSize");
        await Refusal.OfInput(author.Audiences.ListAudiencesAsync(new() { PageToken = "%" }), "pageToken");
        await Refusal.OfInput(author.Audiences.ListAudiencesAsync(new() { Search = new('x', 256) }), "search");
        Assert.Equal(1, (await author.Audiences.ListAudiencesAsync(new())).TotalSize);
    }

    static async Task<StatusCode> OutcomeAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException refusal)
        {
            return refusal.StatusCode;
        }
    }
}
