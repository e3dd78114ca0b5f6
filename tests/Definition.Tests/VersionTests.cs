using Grpc.Core;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Graph.V1;
using Npgsql;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

public sealed class VersionTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Fact]
    public async Task Editing_a_published_journey_changes_the_draft_and_no_version()
    {
        var journey = await author.JourneyAsync(Status.Published);

        var edited = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Name = "Renamed", AllowAnonymous = true });

        Assert.Equal((Status.Published, 1, 2, true), (edited.Status, edited.Version, edited.Revision, edited.DraftChanged));
        Assert.Equal("Simple", (await author.Journeys.GetVersionAsync(new() { Id = journey.Id, Version = 1 })).Design.Name);
    }

    [Fact]
    public async Task Publishing_again_makes_the_next_version_and_leaves_the_first_as_it_was()
    {
        var journey = await author.JourneyAsync(Status.Published);
        await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Name = "Second" });

        var again = await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });

        Assert.Equal((2, false), (again.Version, again.DraftChanged));
        var versions = (await author.Journeys.ListVersionsAsync(new() { Id = journey.Id })).Versions;
        Assert.Equal([(2, "Second"), (1, "Simple")], versions.Select(version => (version.Version_, version.Design.Name)));
        Assert.All(versions, version => Assert.Null(version.Design.Graph));
        Assert.All(versions, version => Assert.Equal((2, 1, "me"), (version.Counts.Nodes, version.Counts.Edges, version.Publisher)));
    }

    [Fact]
    public async Task A_version_says_who_published_it_and_what_they_said_of_it()
    {
        var journey = await author.JourneyAsync();

        await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id, Note = "Mends the time-out.\nAsk Ann." });

        var listed = Assert.Single((await author.Journeys.ListVersionsAsync(new() { Id = journey.Id })).Versions);
        var read = await author.Journeys.GetVersionAsync(new() { Id = journey.Id, Version = 1 });
        Assert.Equal(("me", "Mends the time-out.\nAsk Ann."), (listed.Publisher, listed.Note));
        Assert.Equal((listed.Publisher, listed.Note), (read.Publisher, read.Note));
    }

    [Fact]
    public async Task A_note_that_is_too_long_publishes_nothing()
    {
        var journey = await author.JourneyAsync();

        await Refusal.OfInput(author.Journeys.PublishJourneyAsync(new() { Id = journey.Id, Note = new('x', 1_001) }), "note");

        Assert.Equal(Status.Draft, (await author.GetAsync(journey.Id)).Status);
        Assert.Equal(1, (await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id, Note = new('x', 1_000) })).Version);
    }

    [Fact]
    public async Task A_publication_during_a_pause_is_refused_as_any_other()
    {
        var journey = await author.JourneyAsync(Status.Paused);
        await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Graph = new() });

        await Refusal.With(StatusCode.FailedPrecondition, "GRAPH_INVALID", author.Journeys.PublishJourneyAsync(new() { Id = journey.Id }));
        await Refusal.With(StatusCode.Aborted, "STALE_REVISION", author.Journeys.PublishJourneyAsync(new() { Id = journey.Id, Revision = 1 }));

        Assert.Equal((Status.Paused, 1), ((await author.GetAsync(journey.Id)).Status, journey.Version));
    }

    [Fact]
    public async Task What_is_published_is_told_whole()
    {
        var journey = await author.JourneyAsync(Status.Published);

        var message = JourneyPublished.Parser.ParseFrom(Assert.Single(await author.MessagesAsync()).Body);

        Assert.Equal(await author.Journeys.GetVersionAsync(new() { Id = journey.Id, Version = 1 }), message.Version);
    }

    [Fact]
    public async Task A_draft_that_was_changed_back_does_not_differ_from_the_version()
    {
        var journey = await author.JourneyAsync(Status.Published);

        var there = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Name = "Other" });
        var back = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Name = "Simple" });

        Assert.Equal((true, false), (there.DraftChanged, back.DraftChanged));
    }

    [Fact]
    public async Task The_database_refuses_to_change_a_version()
    {
        var journey = await author.JourneyAsync(Status.Published);

        foreach (var sql in (string[])["update definition.version set publisher = 'x' where journey_id = $1", "delete from definition.version where journey_id = $1"])
        {
            await using var command = definition.Database.CreateCommand(sql);
            command.Parameters.Add(new() { Value = Guid.Parse(journey.Id) });
            await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
        }
    }

    [Fact]
    public async Task Versions_are_listed_page_by_page_newest_first()
    {
        var journey = await author.JourneyAsync(Status.Published);
        for (var n = 2; n <= 5; n++)
            await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });

        var pages = new List<int[]>();
        for (var token = ""; pages.Count == 0 || token.Length > 0;)
        {
            var page = await author.Journeys.ListVersionsAsync(new() { Id = journey.Id, PageSize = 2, PageToken = token });
            pages.Add([.. page.Versions.Select(version => version.Version_)]);
            token = page.NextPageToken;
        }

        Assert.Equal([[5, 4], [3, 2], [1]], pages);
    }

    [Fact]
    public async Task Racing_publications_are_versions_one_after_the_other()
    {
        var journey = await author.JourneyAsync();

        var published = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => author.Journeys.PublishJourneyAsync(new() { Id = journey.Id }).ResponseAsync));

        Assert.Equal(Enumerable.Range(1, 10), published.Select(answer => answer.Version).Order());
    }

    [Fact]
    public async Task A_change_on_an_older_draft_conflicts()
    {
        var journey = await author.JourneyAsync();
        await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Revision = 1, Name = "Mine" });

        var update = await Refusal.Of(author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Revision = 1, Name = "Yours" }));
        var publish = await Refusal.Of(author.Journeys.PublishJourneyAsync(new() { Id = journey.Id, Revision = 1 }));

        Assert.Equal((StatusCode.Aborted, "STALE_REVISION"), (update.Code, update.Reason));
        Assert.Equal((StatusCode.Aborted, "STALE_REVISION"), (publish.Code, publish.Reason));
        Assert.Equal("Mine", (await author.GetAsync(journey.Id)).Name);
    }

    [Fact]
    public async Task Of_racing_changes_on_one_revision_one_is_made()
    {
        var journey = await author.JourneyAsync();

        var changes = await Task.WhenAll(Enumerable.Range(0, 10).Select(async n =>
        {
            try
            {
                return (await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Revision = 1, Name = $"n{n}" })).Revision;
            }
            catch (RpcException conflict) when (conflict.StatusCode == StatusCode.Aborted)
            {
                return 0;
            }
        }));

        Assert.Equal(2, Assert.Single(changes, revision => revision > 0));
    }

    [Fact]
    public async Task A_change_that_changes_nothing_makes_no_revision()
    {
        var journey = await author.JourneyAsync();

        var same = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Name = journey.Name, Graph = journey.Graph });

        Assert.Equal(journey, same);
    }

    [Fact]
    public async Task Everything_can_be_set_and_cleared_again()
    {
        var audience = await author.AudienceAsync("Pro");
        var journey = await author.JourneyAsync();

        var set = await author.Journeys.UpdateJourneyAsync(new()
        {
            Id = journey.Id,
            Description = "d",
            AudienceId = audience.Id,
            AutoEnroll = true,
            AllowAnonymous = true,
            ReEnrollment = Journey.Types.ReEnrollment.Always,
            ReEnrollmentCooldown = new() { Seconds = 60 },
            Goal = new() { Rule = Designs.Plan("pro"), Deadline = new() { Seconds = 5 }, ExitOnGoal = true },
            TimeZone = "Europe/Berlin",
        });
        var cleared = await author.Journeys.UpdateJourneyAsync(new()
        {
            Id = journey.Id,
            Description = "",
            AudienceId = "",
            AutoEnroll = false,
            AllowAnonymous = false,
            ReEnrollment = Journey.Types.ReEnrollment.Unspecified,
            ReEnrollmentCooldown = new(),
            Goal = new(),
            TimeZone = "",
        });

        Assert.Equal(
            (audience.Id, true, true, Journey.Types.ReEnrollment.Always, 60, 5, "Europe/Berlin"),
            (set.AudienceId, set.AutoEnroll, set.AllowAnonymous, set.ReEnrollment, set.ReEnrollmentCooldown.Seconds, set.Goal.Deadline.Seconds, set.TimeZone));
        journey.Revision = cleared.Revision;
        journey.UpdateTime = cleared.UpdateTime;
        Assert.Equal(journey, cleared);
    }

    [Fact]
    public async Task Exit_rules_are_set_replaced_and_cleared_and_stay_where_an_update_does_not_name_them()
    {
        var bought = new ExitRule { Name = "Bought", Event = new() { EventName = "bought" }, Outcome = "won" };
        var left = new ExitRule { Name = "Left us", Rule = Designs.Plan("none") };
        var design = Designs.Simple();
        design.Exits.Add(bought);
        var journey = await author.JourneyAsync(Status.Published, design);

        var kept = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Description = "d" });
        var replaced = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Exits = new() { Rules = { left, bought } } });
        var cleared = await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Exits = new() });

        Assert.Equal([bought], kept.Exits);
        Assert.Equal([left, bought], replaced.Exits);
        Assert.Empty(cleared.Exits);
        Assert.Equal([bought], (await author.Journeys.GetVersionAsync(new() { Id = journey.Id, Version = 1 })).Design.Exits);
    }

    [Fact]
    public async Task Bad_exit_rules_are_refused_or_reported_with_their_place()
    {
        var journey = await author.JourneyAsync();
        var many = Enumerable.Range(1, 21).Select(n => new ExitRule { Name = $"{n}", Event = new() { EventName = "x" } });
        await Refusal.OfInput(author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Exits = new() { Rules = { many } } }), "exits");

        await author.Journeys.UpdateJourneyAsync(new()
        {
            Id = journey.Id,
            Exits = new() { Rules = { new ExitRule { Name = "a" }, new ExitRule { Name = "a", Rule = Designs.In(Guid.Empty.ToString()) } } },
        });
        var problems = (await author.Journeys.ValidateJourneyAsync(new() { Id = journey.Id })).Problems;

        Assert.Equal(
            [("UNKNOWN_AUDIENCE", "exits[1].rule.audience.audienceId"), ("INVALID_RULE", "exits[0].rule"), ("DUPLICATE_NAME", "exits[1].name")],
            problems.Select(problem => (problem.Code, problem.Field)));
    }

    [Fact]
    public async Task Rules_that_name_no_audience_yet_are_reported_with_the_field()
    {
        var design = Designs.Asking("", "", "");
        design.AutoEnroll = false;
        design.Graph.Nodes.Add(new Node { Id = "check", GoalCheck = new() { Rule = Designs.In("") } });
        var journey = await author.JourneyAsync(design: design);

        var problems = (await author.Journeys.ValidateJourneyAsync(new() { Id = journey.Id })).Problems;

        Assert.Superset(
            new HashSet<(string, string, string)>
            {
                ("INVALID_RULE", "goal.rule.audience.audienceId", "must be a UUID."),
                ("INVALID_RULE", "graph.nodes[who].condition.branches[0].rule.not.rule.audience.audienceId", "must be a UUID."),
                ("INVALID_RULE", "graph.nodes[check].goalCheck.rule.audience.audienceId", "must be a UUID."),
            },
            problems.Select(problem => (problem.Code, problem.Field, problem.Message)).ToHashSet());
    }

    [Fact]
    public async Task An_archived_journey_cannot_be_edited()
    {
        var journey = await author.JourneyAsync(Status.Archived);

        await Refusal.With(
            StatusCode.FailedPrecondition, "JOURNEY_ARCHIVED", author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Name = "x" }));
    }

    [Fact]
    public async Task Publishing_reports_every_problem_with_its_place_and_changes_nothing()
    {
        var journey = await author.JourneyAsync(design: new()
        {
            Name = "Broken",
            AutoEnroll = true,
            Graph = new()
            {
                Nodes =
                {
                    Designs.Start(),
                    new Node { Id = "who", Condition = new() { Branches = { new Condition.Types.Branch { Name = "them", Rule = Designs.In(Guid.Empty.ToString()) }, new Condition.Types.Branch { Name = "none" } } } },
                    new Node { Id = "lost", Exit = new() },
                },
                Edges = { new Edge { Id = "e1", Source = "start", Target = "who" }, new Edge { Id = "e2", Source = "who", Target = "nowhere", Branch = "them" } },
            },
        });

        var validated = await author.Journeys.ValidateJourneyAsync(new() { Id = journey.Id });
        var refusal = await Refusal.Of(author.Journeys.PublishJourneyAsync(new() { Id = journey.Id }));

        Assert.False(validated.Valid);
        Assert.Superset(
            new HashSet<(string, string, string)>
            {
                ("NO_AUDIENCE", "", ""),
                ("UNKNOWN_AUDIENCE", "who", ""),
                ("INVALID_RULE", "who", ""),
                ("UNKNOWN_NODE", "", "e2"),
                ("MISSING_EDGE", "who", ""),
                ("MISSING", "lost", ""),
                ("UNREACHABLE_NODE", "lost", ""),
            },
            validated.Problems.Select(problem => (problem.Code, problem.NodeId, problem.EdgeId)).ToHashSet());
        Assert.Equal((StatusCode.FailedPrecondition, "GRAPH_INVALID"), (refusal.Code, refusal.Reason));
        Assert.Equal(validated.Problems.Select(problem => problem.Field), refusal.Fields);
        Assert.Contains($"{validated.Problems.Count} problems", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(journey, await author.GetAsync(journey.Id));
        Assert.Empty(await author.MessagesAsync());
    }
}
