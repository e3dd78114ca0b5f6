using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>How much may be known of a person, and who may become known at all.</summary>
public sealed class PersonLimitTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Two_who_became_one_with_more_traits_than_one_may_have_can_change_and_remove_them_but_add_none()
    {
        await JoinAsync(Many("u", 60), Many("v", 60));

        await SetAsync("u1", "1");
        await SetAsync("u2", "null");
        var again = await site.IdentifyAsync("user", "another", """{"u1": 5}""");
        var added = await Assert.ThrowsAsync<RpcException>(() => SetAsync("brandNew", "1"));

        var traits = (await site.Profiles.GetUserAsync(new() { UserId = "user" })).User.Traits.Fields;
        Assert.True(again.Merged);
        Assert.Equal((119, 5), (traits.Count, traits["u1"].NumberValue));
        Assert.Equal(StatusCode.InvalidArgument, added.StatusCode);
        Assert.Contains("traits: must have at most 100 traits", added.Status.Detail);
    }

    [Fact]
    public async Task Two_who_became_one_with_larger_traits_than_one_may_have_can_still_make_one_longer_but_not_without_end()
    {
        await JoinAsync(Large("u"), Large("v"));

        await SetAsync("u", $"\"{new string('x', 15_500)}\"");
        await SetAsync("v", $"\"{new string('y', 15_500)}\"");

        Assert.Equal(2, (await site.Profiles.GetUserAsync(new() { UserId = "user" })).User.Traits.Fields.Count);
    }

    [Theory]
    [InlineData(60, 10, 200)]
    [InlineData(1, 15_000, 4)]
    public async Task However_many_visitors_became_one_user_their_traits_stay_bounded(int traits, int length, int most)
    {
        var warnings = new List<Warning>();
        for (var n = 0; n < 8; n++)
        {
            var visitor = $"visitor{n}";
            await site.Sdk.IdentifyAsync(new()
            {
                AnonymousId = visitor,
                Traits = new() { Fields = { Enumerable.Range(0, traits).ToDictionary(t => $"v{n}-{t}", _ => Value.ForString(new string('x', length))) } },
            });
            var answer = await site.IdentifyAsync("user", visitor);
            Assert.True(answer.Merged);
            warnings.AddRange(answer.Warnings);
        }

        Assert.Equal(most, (await site.Profiles.GetUserAsync(new() { UserId = "user" })).User.Traits.Fields.Count);
        Assert.All(warnings, warning => Assert.Equal("traits", warning.Field));
        Assert.Contains($"Left out: {traits} of the visitor's", warnings[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_there_is_room_again_new_traits_are_taken()
    {
        await JoinAsync(Many("u", 60), Many("v", 60));

        await site.Sdk.IdentifyAsync(new() { UserId = "user", Traits = new() { Fields = { Enumerable.Range(0, 21).ToDictionary(n => $"v{n}", _ => Value.ForNull()) } } });
        await SetAsync("brandNew", "1");

        Assert.Equal(100, (await site.Profiles.GetUserAsync(new() { UserId = "user" })).User.Traits.Fields.Count);
    }

    [Theory]
    [InlineData("a", 16_000)]
    [InlineData("ä", 8_000)]
    [InlineData("日", 5_400)]
    [InlineData("😀", 4_000)]
    // Each is an escape in JSON, but one byte of what is stored.
    [InlineData("\"", 16_000)]
    [InlineData("\n", 16_000)]
    [InlineData("<", 16_000)]
    public async Task A_limit_counts_the_bytes_of_the_value_and_not_its_escapes(string character, int times)
    {
        var text = string.Concat(Enumerable.Repeat(character, times));

        await site.Sdk.IdentifyAsync(new() { UserId = "user", Traits = new() { Fields = { ["t"] = Value.ForString(text) } } });
        await site.Sdk.RecordEventsAsync(new()
        {
            UserId = "user",
            Events = { new Event { Name = "x", Properties = new() { Fields = { ["t"] = Value.ForString(text) } } } },
        });
        var tooMuch = await Assert.ThrowsAsync<RpcException>(async () => await site.Sdk.IdentifyAsync(
            new() { UserId = "other", Traits = new() { Fields = { ["t"] = Value.ForString(text + new string('x', 400)) } } }));

        Assert.Equal(text, (await site.Profiles.GetUserAsync(new() { UserId = "user" })).User.Traits.Fields["t"].StringValue);
        Assert.Equal(StatusCode.InvalidArgument, tooMuch.StatusCode);
    }

    public static TheoryData<string> Mistakes =>
    [
        ".", "..", "undefined", "null", "NaN", "nan", "true", "False", " NULL ", "None", "nil", "[object Object]", "[object Undefined]", "Infinity", "-Infinity", "{}",
        "[]", "\"\"", "   ", "anonymous", "Guest", "00000000-0000-0000-0000-000000000000",
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task An_id_that_a_programming_mistake_makes_names_nobody(string id)
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.End));
        var list = (await site.Lists.CreateUserListAsync(new() { Name = $"List {Guid.NewGuid()}" }));

        await RefusedAsync("userId", async () => await site.Sdk.IdentifyAsync(new() { UserId = id }));
        await RefusedAsync("anonymousId", async () => await site.Sdk.IdentifyAsync(new() { UserId = "user", AnonymousId = id }));
        await RefusedAsync("anonymousId", async () => await site.Sdk.RecordEventsAsync(new() { AnonymousId = id, Events = { new Event { Name = "x" } } }));
        await RefusedAsync("userIds[1]", async () => await site.Enrollments.EnrollUsersAsync(new() { JourneyId = journey.ToString(), UserIds = { "fine", id } }));
        await RefusedAsync("add[0]", async () => await site.Lists.ChangeMembersAsync(new() { Id = list.Id, Add = { id } }));

        // Whoever became known under such an id before can be looked at, and erased.
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await site.Profiles.GetUserAsync(new() { UserId = id }));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    static async Task RefusedAsync(string field, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith($"{field}: must be the id of one person", refusal.Status.Detail);
    }

    async Task JoinAsync(Struct users, Struct visitors)
    {
        await site.Sdk.IdentifyAsync(new() { UserId = "user", Traits = users });
        await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor", Traits = visitors });
        Assert.True((await site.IdentifyAsync("user", "visitor")).Merged);
    }

    Task<IdentifyResponse> SetAsync(string name, string value) => site.IdentifyAsync("user", traits: $$"""{"{{name}}": {{value}}}""");

    static Struct Many(string prefix, int count) =>
        new() { Fields = { Enumerable.Range(0, count).ToDictionary(n => $"{prefix}{n}", n => Value.ForNumber(n)) } };

    static Struct Large(string name) => new() { Fields = { [name] = Value.ForString(new string('x', 15_000)) } };
}
