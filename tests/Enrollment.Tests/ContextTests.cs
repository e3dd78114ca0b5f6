using Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Tests;

/// <summary>What a browser tells of itself is a help: where it is wrong it is left out, and never costs what the call is about.</summary>
public sealed class ContextTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    readonly TestSite site = service.NewSite();

    [Theory]
    [InlineData("Etc/Unknown")]
    [InlineData("posix//Africa///Casablanca")]
    [InlineData("GMT+2000000000000000000000000000000000000000000000000000000000000000")]
    public async Task An_unknown_time_zone_costs_neither_identify_nor_events(string zone)
    {
        var identified = await site.Sdk.IdentifyAsync(new()
        {
            UserId = "u1",
            AnonymousId = "v1",
            Traits = new() { Fields = { ["plan"] = new() { StringValue = "pro" } } },
            Context = new() { TimeZone = zone, Browser = "Firefox" },
        });
        var recorded = await site.Sdk.RecordEventsAsync(new() { UserId = "u1", Events = { new Event { Name = "x" } }, Context = new() { TimeZone = zone } });

        var user = (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User;
        Assert.Equal((true, 1), (identified.Merged, recorded.Accepted));
        Assert.Equal(("pro", "Firefox", ""), (user.Traits.Fields["plan"].StringValue, user.Context.Browser, user.Context.TimeZone));
        Assert.Equal(["context.timeZone"], identified.Warnings.Select(warning => warning.Field));
        Assert.Equal(
            "Left out: it must be an IANA time zone such as Europe/Berlin, or an offset such as +02:00.", Assert.Single(recorded.Warnings).Message);
    }

    // The gateway says the same of JSON, before it comes here.
    [Fact]
    public async Task Of_two_names_that_become_the_same_the_later_one_counts_and_the_answer_names_the_other()
    {
        var same = new Google.Protobuf.WellKnownTypes.Struct
        {
            Fields = { ["a\u0001"] = new() { NumberValue = 1 }, ["a\u0002"] = new() { NumberValue = 2 } },
        };

        var identified = await site.Sdk.IdentifyAsync(new() { UserId = "u1", Traits = same.Clone() });
        var recorded = await site.Sdk.RecordEventsAsync(
            new() { UserId = "u1", Events = { new Event { Name = "x", Properties = same.Clone() } } });

        Assert.Equal(2, (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.Traits.Fields["a\uFFFD"].NumberValue);
        Assert.Equal("traits.a\uFFFD", Assert.Single(identified.Warnings).Field);
        Assert.Equal("events[0].properties.a\uFFFD", Assert.Single(recorded.Warnings).Field);
        Assert.Equal(
            "Left out: it has the same name as a later one, since a character that cannot be stored was replaced.", recorded.Warnings[0].Message);
    }

    [Fact]
    public async Task An_answer_names_50_parts_that_were_left_out_and_says_how_many_more_there_were()
    {
        var same = new Google.Protobuf.WellKnownTypes.Struct();
        for (var number = 0; number < 60; number++)
        {
            same.Fields[$"a{number}\u0001"] = new() { NumberValue = 1 };
            same.Fields[$"a{number}\u0002"] = new() { NumberValue = 2 };
        }

        var identified = await site.Sdk.IdentifyAsync(new() { UserId = "u1", Traits = same, Context = new() { TimeZone = "Nowhere" } });

        Assert.Equal(51, identified.Warnings.Count);
        Assert.Equal("context.timeZone", identified.Warnings[0].Field);
        Assert.Equal("", identified.Warnings[50].Field);
        Assert.Equal("Left out: 11 more parts, which are not named.", identified.Warnings[50].Message);
    }

    [Fact]
    public async Task Each_part_that_is_invalid_is_left_out_and_named_and_what_was_known_stays()
    {
        var longText = new string('x', 300);
        await site.Sdk.IdentifyAsync(new() { UserId = "u1", Context = new() { TimeZone = "Europe/Kiev", Locale = "uk-UA", Role = "admin" } });

        var answer = await site.Sdk.IdentifyAsync(new()
        {
            UserId = "u1",
            Context = new()
            {
                Browser = longText,
                Role = longText,
                Locale = new string('x', 65),
                TimeZone = "Mars/Base",
                Device = new() { Type = "mobile", Os = longText, Browser = longText },
                Location = new() { Fields = { ["city"] = new() { StringValue = new string('x', 5_000) } } },
            },
        });

        var context = (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.Context;
        Assert.Equal(
            ["context.role", "context.browser", "context.device.os", "context.device.browser", "context.location", "context.timeZone", "context.locale"],
            answer.Warnings.Select(warning => warning.Field));
        Assert.Equal(("Europe/Kiev", "uk-UA", "admin", "mobile"), (context.TimeZone, context.Locale, context.Role, context.Device.Type));
    }

    [Theory]
    [InlineData("Asia/Calcutta", "Asia/Calcutta")]
    [InlineData("GMT+2", "UTC+02")]
    [InlineData("+02:00", "UTC+02")]
    [InlineData("-0530", "UTC-05:30")]
    [InlineData("europe/kyiv", "Europe/Kyiv")]
    [InlineData("W. Europe Standard Time", "Europe/Berlin")]
    public async Task Aliases_and_offsets_are_kept_under_one_spelling(string given, string kept)
    {
        var answer = await site.Sdk.IdentifyAsync(new() { UserId = "u1", Context = new() { TimeZone = given } });

        Assert.Empty(answer.Warnings);
        Assert.Equal(kept, (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.Context.TimeZone);
    }
}
