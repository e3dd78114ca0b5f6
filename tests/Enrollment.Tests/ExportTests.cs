using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>Everything that is stored about a user, as one document.</summary>
public sealed class ExportTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task The_document_holds_everything_about_the_user_and_of_nobody_else()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.Content("two"), Designs.End));
        await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), AnonymousId = "v1" });
        await site.Sdk.ReportProgressAsync(new() { JourneyId = journey.ToString(), AnonymousId = "v1", NodeId = "one", Data = Data("rating", 9) });
        await site.Sdk.IdentifyAsync(new() { UserId = "u1", AnonymousId = "v1", Traits = Data("seats", 3), Context = new() { Locale = "de-DE" } });
        await site.Sdk.EnrollAsync(new() { JourneyId = journey.ToString(), UserId = "u2" });
        await site.Sdk.RecordEventsAsync(new() { UserId = "u2", Events = { new Event { Id = "other", Name = "paid" } } });
        var list = await site.Lists.CreateUserListAsync(new() { Name = "Some" });
        await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { "u1" } });
        await site.PauseAsync(journey);
        await site.Sdk.ReportProgressAsync(new() { JourneyId = journey.ToString(), UserId = "u1", NodeId = "two" });

        var document = await site.Profiles.ExportUserAsync(new() { UserId = "u1" });

        Assert.Equal(("u1", "v1", "de-DE"), (document.User.UserId, document.User.AnonymousIds.Single(), document.User.Context.Locale));
        Assert.Equal(3, document.User.Traits.Fields["seats"].NumberValue);
        Assert.Equal(["Some"], document.UserLists);
        Assert.Empty(document.Events);
        var run = Assert.Single(document.Enrollments);
        Assert.Equal(["start", "one", "two"], run.Visits.Select(visit => visit.NodeId));
        Assert.Equal(9, run.Data.Fields["one"].StructValue.Fields["rating"].NumberValue);
        Assert.Equal(("flow_one", "COMPLETED"), (Assert.Single(run.Finished).ContentId, run.Finished[0].Outcome));
        Assert.Equal("two", Assert.Single(run.Held).Signal.Fields["report"].StructValue.Fields["nodeId"].StringValue);
        Assert.DoesNotContain("u2", JsonFormatter.Default.Format(document), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_events_come_whole_and_in_order()
    {
        await site.Sdk.IdentifyAsync(new() { UserId = "busy" });
        await using (var fill = service.Database.CreateCommand("""
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, occurred_at)
            select p.site_id, 'busy-' || n, p.profile_id, 'clicked', jsonb_build_object('n', n), p.seen_at + n * interval '1 second'
            from enrollment.profile p, generate_series(1, 10000) n
            where p.site_id = $1
            """))
        {
            fill.Parameters.Add(new() { Value = site.Id });
            await fill.ExecuteNonQueryAsync();
        }

        var document = await site.Profiles.ExportUserAsync(new() { UserId = "busy" });

        Assert.Equal(Enumerable.Range(1, 10_000), document.Events.Select(e => (int)e.Properties.Fields["n"].NumberValue));
    }

    [Fact]
    public async Task Events_of_one_moment_are_listed_in_the_order_in_which_they_came()
    {
        // Stored under a key of its own, since the id is another person's too.
        await RecordAsync("u2", "d");
        await RecordAsync("u1", "c", "d", "a");
        await RecordAsync("u1", "b", "c");

        var document = await site.Profiles.ExportUserAsync(new() { UserId = "u1" });
        var page = await site.Profiles.GetUserAsync(new() { UserId = "u1" });

        Assert.Single(document.Events.DistinctBy(e => e.Time));
        Assert.Equal(["c", "d", "a", "b"], document.Events.Select(e => e.Id));
        Assert.Equal(["b", "a", "d", "c"], page.Events.Select(e => e.Id));
    }

    async Task RecordAsync(string userId, params string[] ids) => await site.Sdk.RecordEventsAsync(
        new() { UserId = userId, Events = { ids.Select(id => new Event { Id = id, Name = "seen" }) } });

    static Struct Data(string key, double value) => new() { Fields = { [key] = Value.ForNumber(value) } };
}
