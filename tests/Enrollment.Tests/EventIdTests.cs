using Dapper;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>An event counts once for a person, and nobody's events are in the way of another person's.</summary>
public sealed class EventIdTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string Order = "order-1001";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task A_page_that_takes_an_id_first_does_not_swallow_another_persons_event()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Hold("hold", "paid"), Designs.End));
        await site.EnterAsync(journey, "u1");

        await RecordAsync("visitor1", "nonsense");
        var paid = await RecordAsync("u1", "paid");
        var again = await RecordAsync("u1", "paid");

        Assert.Equal((1, 0), (paid.Accepted, paid.Duplicates));
        Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
        Assert.Equal("end", (await site.EnrollmentsAsync(journey)).Single().CurrentNodeId);
        Assert.Equal([(Order, "paid")], await EventsAsync("u1"));
    }

    [Fact]
    public async Task Each_person_has_the_id_for_themselves_and_a_repeat_changes_nothing()
    {
        string[] people = ["u1", "u2", "visitor1", "u3"];

        var first = await Task.WhenAll(people.Select(person => RecordAsync(person, "paid")));
        var second = await Task.WhenAll(people.Concat(people).Select(person => RecordAsync(person, "paid")));

        Assert.All(first, answer => Assert.Equal((1, 0), (answer.Accepted, answer.Duplicates)));
        Assert.All(second, answer => Assert.Equal((0, 1), (answer.Accepted, answer.Duplicates)));
        foreach (var user in people.Where(person => person[0] == 'u'))
            Assert.Equal([(Order, "paid")], await EventsAsync(user));
    }

    [Fact]
    public async Task Racing_repeats_of_an_id_that_is_taken_count_once()
    {
        await RecordAsync("u1", "paid");

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => RecordAsync("u2", "paid")));

        Assert.Equal((1, 15), (answers.Sum(answer => answer.Accepted), answers.Sum(answer => answer.Duplicates)));
    }

    [Fact]
    public async Task An_id_that_is_free_again_counts_no_second_time_for_who_had_it_meanwhile()
    {
        await RecordAsync("u1", "paid");
        await RecordAsync("u2", "paid");
        await using (var connection = await service.Database.OpenConnectionAsync())
            await connection.ExecuteAsync("delete from enrollment.event where site_id = @Id and event_id = @Order", new { site.Id, Order });

        var again = await RecordAsync("u2", "paid");

        Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
    }

    [Theory]
    [InlineData("visitor1", "u1", "")]
    [InlineData("u1", "visitor1", "")]
    [InlineData("visitor1", "u1", "u2")]
    public async Task Of_a_visitors_and_a_users_event_of_the_same_id_the_users_stays(string first, string second, string before)
    {
        if (before.Length > 0)
            await RecordAsync(before, "taken");
        await RecordAsync(first, first == "u1" ? "paid" : "guessed");
        await RecordAsync(second, second == "u1" ? "paid" : "guessed");
        await site.DoAsync("visitor1", "looked");

        await site.IdentifyAsync("u1", "visitor1");
        var again = await RecordAsync("visitor1", "guessed");

        Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
        Assert.Equal(["looked", "paid"], (await EventsAsync("u1")).Select(e => e.Name).Order());
        Assert.Contains((Order, "paid"), await EventsAsync("u1"));
    }

    [Fact]
    public async Task An_id_that_followed_a_visitor_is_the_users()
    {
        await RecordAsync("u2", "paid");
        await RecordAsync("visitor1", "paid");

        await site.IdentifyAsync("u1", "visitor1");
        var again = await RecordAsync("u1", "paid");

        Assert.Equal((0, 1), (again.Accepted, again.Duplicates));
        Assert.Equal([(Order, "paid")], await EventsAsync("u1"));
    }

    [Fact]
    public async Task The_statements_of_the_release_before_still_work_on_this_schema()
    {
        const string insert = """
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, url, occurred_at)
            values (@Id, @Order, @profile, 'old', '{}', '', now())
            on conflict (site_id, event_id) do nothing
            """;
        const string move = "update enrollment.event set profile_id = @to where site_id = @Id and profile_id = @from";
        await RecordAsync("u2", "paid");
        await RecordAsync("u1", "paid");
        await RecordAsync("u3", "paid");
        await using var connection = await service.Database.OpenConnectionAsync();
        var profile = await ProfileAsync("u1");

        Assert.Equal(0, await connection.ExecuteAsync(insert, new { site.Id, Order, profile }));
        Assert.Equal(1, await connection.ExecuteAsync(move, new { site.Id, from = await ProfileAsync("u3"), to = profile }));
        Assert.Equal(1, (await RecordAsync("u1", "paid")).Duplicates);

        async Task<Guid> ProfileAsync(string userId) => await connection.ExecuteScalarAsync<Guid>(
            "select profile_id from enrollment.profile where site_id = @Id and user_id = @userId", new { site.Id, userId });
    }

    async Task<RecordEventsResponse> RecordAsync(string person, string name) => await site.Sdk.RecordEventsAsync(new()
    {
        UserId = person[0] == 'u' ? person : "",
        AnonymousId = person[0] == 'u' ? "" : person,
        Events = { new Event { Id = Order, Name = name } },
    });

    async Task<IReadOnlyList<(string Id, string Name)>> EventsAsync(string userId) =>
        [.. (await site.Profiles.GetUserAsync(new() { UserId = userId })).Events.Select(e => (e.Id, e.Name))];
}
