using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Graph.V1;
using Journeys.Protos.Rule.V1;
using Event = Journeys.Protos.Enrollment.V1.Event;

namespace Journeys.BuildingBlocks.Tests;

public sealed class RequestShapeTests
{
    public static TheoryData<IMessage, string> Refused => new()
    {
        { new CreateJourneyRequest { Name = "a\0b" }, "name" },
        { new CreateJourneyRequest { Name = "a\nb" }, "name" },
        { new CreateJourneyRequest { Description = "a\u0007b" }, "description" },
        { new CreateJourneyRequest { ReEnrollment = (Journey.Types.ReEnrollment)99 }, "reEnrollment" },
        { new ListJourneysRequest { Status = { Journey.Types.Status.Draft, (Journey.Types.Status)(-1) } }, "status[1]" },
        { new EnrollUsersRequest { UserIds = { "ada", "b\u009fen" } }, "userIds[1]" },
        { new CreateJourneyRequest { ReEnrollmentCooldown = new Duration { Seconds = long.MaxValue } }, "reEnrollmentCooldown" },
        { new CreateJourneyRequest { ReEnrollmentCooldown = new Duration { Seconds = 1, Nanos = -1 } }, "reEnrollmentCooldown" },
        { new RecordEventsRequest { Events = { new Event { Time = new Timestamp { Seconds = 253_402_300_800 } } } }, "events[0].time" },
        { new RecordEventsRequest { Events = { new Event { Time = new Timestamp { Nanos = -1 } } } }, "events[0].time" },
        { Of(new Node { Position = new() { X = double.NaN } }), "graph.nodes[0].position.x" },
        { Of(new Node { Split = new Split { Variants = { new Split.Types.Variant { Name = "a\0" } } } }), "graph.nodes[0].split.variants[0].name" },
        { Of(new Node { Exit = new Exit { Outcome = "won\u001b" } }), "graph.nodes[0].exit.outcome" },
        { Of(Payload("a", Value.ForString("\0"))), "graph.nodes[0].content.payload.a" },
        { Of(Payload("a", Value.ForList(Value.ForNumber(double.NegativeInfinity)))), "graph.nodes[0].content.payload.a[0]" },
        { Of(Payload("a\n", Value.ForBool(true))), "graph.nodes[0].content.payload" },
        { Of(Payload("", Value.ForBool(true))), "graph.nodes[0].content.payload" },
        { Of(Payload("a", Value.ForList(Value.ForStruct(new() { Fields = { [""] = Value.ForNull() } })))), "graph.nodes[0].content.payload.a[0]" },
        { Of(Payload("a", new Value())), "graph.nodes[0].content.payload.a" },
        { new PreviewAudienceRequest { Rule = new Rule { Condition = new() { Value = new Value() } } }, "rule.condition.value" },
        { new PreviewAudienceRequest { Rule = Nested(20) }, "rule" },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_cannot_be_kept_is_refused_with_the_name_of_its_field(IMessage request, string field)
    {
        var violation = RequestShape.Of(request.Descriptor).Find(request, mends: false);

        Assert.StartsWith(field, violation!.Field, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_lines_emoji_and_nesting_of_32_levels_are_welcome()
    {
        var request = Of(Payload("text", Value.ForString("two\r\n\tlines \U0001F600")));
        request.Description = "two\nlines";
        request.Name = "é \U0001F600 �";

        Assert.Null(RequestShape.Of(CreateJourneyRequest.Descriptor).Find(request, mends: false));
        Assert.Null(Data(levels: 32));
        Assert.EndsWith("deeper than 32 levels.", Data(levels: 33)!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_page_passes_on_is_mended_and_its_ids_are_not()
    {
        var request = new IdentifyRequest
        {
            UserId = "ada",
            Traits = new Struct { Fields = { ["bio"] = Value.ForString("a\0b\nc"), ["a\nb"] = Value.ForBool(true), [""] = Value.ForNumber(1) } },
            Context = new() { Browser = "Fire\0fox" },
        };

        Assert.Null(RequestShape.Of(IdentifyRequest.Descriptor).Find(request, mends: true));
        Assert.Equal("a�b\nc", request.Traits.Fields["bio"].StringValue);
        Assert.True(request.Traits.Fields["a�b"].BoolValue);
        Assert.Equal(1, request.Traits.Fields["\uFFFD"].NumberValue);
        Assert.Equal("Fire�fox", request.Context.Browser);
        Assert.Equal("userId", RequestShape.Of(IdentifyRequest.Descriptor).Find(new IdentifyRequest { UserId = "a\0" }, mends: true)!.Field);
    }

    [Fact]
    public void Of_two_names_that_become_the_same_the_later_one_counts_and_the_other_is_named()
    {
        var inner = new Struct { Fields = { ["\u0001"] = Value.ForNumber(1), ["\uFFFD"] = Value.ForNumber(2) } };
        var properties = new Struct
        {
            Fields = { ["a\u0001"] = Value.ForNumber(1), ["a\u0002"] = Value.ForList(Value.ForStruct(inner)) },
        };
        var request = new RecordEventsRequest { UserId = "ada", Events = { new Event(), new Event { Properties = properties } } };

        var lost = new List<Violation>();
        Assert.Null(RequestShape.Of(RecordEventsRequest.Descriptor).Find(request, lost));

        Assert.Equal(["events[1].properties.a\uFFFD", "events[1].properties.a\uFFFD[0].\uFFFD"], lost.Select(one => one.Field));
        Assert.Equal(2, request.Events[1].Properties.Fields["a\uFFFD"].ListValue.Values[0].StructValue.Fields["\uFFFD"].NumberValue);
    }

    // No theory: an attribute cannot hold half of a pair.
    [Fact]
    public void Half_of_a_surrogate_pair_becomes_the_replacement_character()
    {
        Assert.Equal("whole \U0001F600", FreeText.WellFormed("whole \U0001F600"));
        Assert.Equal("cut \uFFFD", FreeText.WellFormed("cut \ud83d"));
        Assert.Equal("\uFFFD\U0001F600\uFFFD!", FreeText.WellFormed("\ude00\ud83d\ude00\ud83d!"));
    }

    // The request and "data" are the first two.
    static Violation? Data(int levels)
    {
        var value = Value.ForList();
        for (var level = 3; level < levels; level++)
            value = Value.ForList(value);
        var request = new ReportProgressRequest { Data = new Struct { Fields = { ["a"] = value } } };
        return RequestShape.Of(ReportProgressRequest.Descriptor).Find(request, mends: true);
    }

    static CreateJourneyRequest Of(Node node) => new() { Graph = new Graph { Nodes = { node } } };

    static Node Payload(string name, Value value) => new() { Content = new() { Payload = new Struct { Fields = { [name] = value } } } };

    static Rule Nested(int levels) =>
        levels == 0 ? new Rule { Audience = new() } : new Rule { Not = new() { Rule = Nested(levels - 1) } };
}
