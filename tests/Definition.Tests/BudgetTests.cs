using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Graph.V1;
using Journeys.Protos.Rule.V1;

namespace Journeys.Definitions.Tests;

/// <summary>What rules take is counted with the audiences that they name, wherever they come in.</summary>
public sealed class BudgetTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task An_audience_that_is_too_large_with_those_that_it_names_is_refused_with_the_number()
    {
        var small = await AudienceAsync("Small", AnyOf(9, Designs.Plan("pro")));
        var middle = await AudienceAsync("Middle", AnyOf(90, Designs.In(small.Id)));

        var refusal = await RefusedAsync(author.Audiences.CreateAudienceAsync(new() { Name = "Large", Rule = AnyOf(2, Designs.In(middle.Id)) }));

        Assert.Contains("at most 1,000 parts", refusal, StringComparison.Ordinal);
        Assert.Contains("it has 1,985", refusal, StringComparison.Ordinal);
        await RefusedAsync(author.Audiences.UpdateAudienceAsync(new() { Id = small.Id, Rule = AnyOf(2, Designs.In(middle.Id)) }), "rule");
    }

    [Fact]
    public async Task An_audience_may_not_make_another_too_large_that_names_it()
    {
        var inner = await AudienceAsync("Inner", Designs.Plan("pro"));
        await AudienceAsync("Outer", AnyOf(90, Designs.In(inner.Id)));

        var refusal = await RefusedAsync(author.Audiences.UpdateAudienceAsync(new() { Id = inner.Id, Rule = AnyOf(20, Designs.Plan("max")) }), "rule");

        Assert.Contains("makes the audience Outer too large", refusal, StringComparison.Ordinal);
        Assert.Equal(1, (await author.Audiences.GetAudienceAsync(new() { Id = inner.Id })).Revision);
        await author.Audiences.UpdateAudienceAsync(new() { Id = inner.Id, Rule = AnyOf(5, Designs.Plan("max")) });
    }

    [Fact]
    public async Task Regular_expressions_of_an_audience_are_bounded_in_number_and_size()
    {
        await AudienceAsync("Twenty", AnyOf(20, Matches("a{100}")));

        await RefusedAsync(author.Audiences.CreateAudienceAsync(new() { Name = "Too many", Rule = AnyOf(21, Matches("a")) }), "rule");
        var refusal = await RefusedAsync(author.Audiences.CreateAudienceAsync(new() { Name = "Too large", Rule = AnyOf(20, Matches("[ab]*a[ab]{119}c0")) }), "rule");
        Assert.Contains("at most 2,000 characters", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Audiences_stand_at_most_ten_deep_in_one_another()
    {
        var last = await AudienceAsync("0", Designs.Plan("pro"));
        for (var n = 1; n <= 10; n++)
            last = await AudienceAsync($"{n}", Designs.In(last.Id));

        var refusal = await RefusedAsync(author.Audiences.CreateAudienceAsync(new() { Name = "11", Rule = Designs.In(last.Id) }), "rule");

        Assert.Contains("must nest audiences at most 10 levels deep", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journey_whose_rules_take_too_much_is_not_published_and_each_is_named()
    {
        var audience = await AudienceAsync("Hundred", AnyOf(99, Designs.Plan("pro")));
        var design = Designs.Asking("", audience.Id, audience.Id);
        design.AutoEnroll = false;
        design.Graph.Nodes[1].Condition.Branches[0].Rule = AnyOf(12, Designs.In(audience.Id));
        design.Goal.Rule = AnyOf(21, Matches("a"));
        var journey = await author.Journeys.CreateJourneyAsync(design);

        var problems = (await author.Journeys.ValidateJourneyAsync(new() { Id = journey.Id })).Problems;

        Assert.Equal(
            [("RULE_TOO_LARGE", "goal.rule", ""), ("RULE_TOO_LARGE", "graph.nodes[who].condition.branches[0].rule", "who")],
            problems.Select(problem => (problem.Code, problem.Field, problem.NodeId)));
        await Refusal.With(StatusCode.FailedPrecondition, "GRAPH_INVALID", author.Journeys.PublishJourneyAsync(new() { Id = journey.Id }));
    }

    [Fact]
    public async Task The_rules_and_expressions_of_a_journey_are_bounded_all_together()
    {
        var design = Designs.Simple();
        for (var n = 0; n < 101; n++)
        {
            design.Graph.Nodes.Add(new Node { Id = $"t{n}", Trigger = new() { UrlMatch = new() { MatchType = Trigger.Types.UrlMatch.Types.MatchType.Regex, Pattern = "a" } } });
            design.Graph.Edges.Add(new Edge { Id = $"e-{n}", Source = $"t{n}", Target = "end" });
        }

        var journey = await author.Journeys.CreateJourneyAsync(design);

        var problem = Assert.Single((await author.Journeys.ValidateJourneyAsync(new() { Id = journey.Id })).Problems);
        Assert.Equal(("RULES_TOO_LARGE", "must have at most 100 regular expressions, including those of the audiences it names; it has 101."), (problem.Code, problem.Message));
    }

    [Fact]
    public async Task A_document_whose_audience_is_too_large_brings_nothing()
    {
        var (inner, outer) = (Guid.CreateVersion7().ToString(), Guid.CreateVersion7().ToString());
        var document = new JourneyDocument
        {
            Format = "journeys/1",
            Design = new() { Name = "Imported", Graph = Designs.Simple().Graph },
            Audiences =
            {
                new JourneyDocument.Types.Audience { Id = inner, Name = "Inner", Rule = AnyOf(99, Designs.Plan("pro")) },
                new JourneyDocument.Types.Audience { Id = outer, Name = "Outer", Rule = AnyOf(99, Designs.In(inner)) },
            },
        };

        await RefusedAsync(author.Journeys.ImportJourneyAsync(new() { Document = document }), "document.audiences[1].rule");

        Assert.Equal(0, (await author.Audiences.ListAudiencesAsync(new())).TotalSize);
    }

    // The field is named, and the message tells the bound and the number.
    static async Task<string> RefusedAsync<T>(AsyncUnaryCall<T> call, string field = "rule")
    {
        var (code, reason, message, fields) = await Refusal.Of(call);
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_INPUT"), (code, reason));
        Assert.Equal([field], fields);
        return message;
    }

    async Task<Audience> AudienceAsync(string name, Rule rule) => await author.Audiences.CreateAudienceAsync(new() { Name = name, Rule = rule });

    static Rule AnyOf(int count, Rule part) =>
        new() { Group = new() { Operator = Rule.Types.Group.Types.Operator.Or, Rules = { Enumerable.Repeat(part, count) } } };

    static Rule Matches(string pattern) => new()
    {
        Condition = new() { Field = "traits.s", Operator = Rule.Types.Condition.Types.Operator.Regex, Value = Value.ForString(pattern) },
    };
}
