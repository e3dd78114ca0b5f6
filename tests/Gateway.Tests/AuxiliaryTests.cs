using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;

namespace Journeys.Gateways.Tests;

/// <summary>What a page tells of its browser is a help: a part of the wrong type is left out, and never costs what the call is about.</summary>
public sealed class AuxiliaryTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest gateway = fixture.Gateway;

    // The context, what is left out of it, and what arrives.
    public static TheoryData<string, string[], string> Contexts => new()
    {
        { """{"location":"Berlin","browser":"Firefox"}""", ["context.location|it must be an object."], """{"browser":"Firefox"}""" },
        { """{"location":["Berlin"],"role":"admin"}""", ["context.location|it must be an object."], """{"role":"admin"}""" },
        { """{"location":{"city":"Kiel","city":"Bonn"},"role":"admin"}""", ["context.location|context.location.city is given twice."], """{"role":"admin"}""" },
        { """{"location":{"a":{"n":1e999}}}""", ["context.location|context.location.a.n is too large."], "{}" },
        { """{"device":"mobile","role":"admin"}""", ["context.device|it must be an object."], """{"role":"admin"}""" },
        { """{"device":{"os":5,"type":"mobile"}}""", ["context.device.os|it must be a string."], """{"device":{"type":"mobile"}}""" },
        {
            """{"role":[],"browser":{"name":"x","v":[1]},"timeZone":2,"locale":true}""",
            [
                "context.role|it must be a string.", "context.browser|it must be a string.", "context.timeZone|it must be a string.",
                "context.locale|it must be a string.",
            ],
            "{}"
        },
        { """{"browser":"Firefox","browser":"Opera","role":"admin"}""", ["context.browser|it is given twice."], """{"browser":"Firefox","role":"admin"}""" },
        { "\"Berlin\"", ["context|it must be an object."], "null" },
        { """[{"role":"admin"}]""", ["context|it must be an object."], "null" },
        { """{"location":null,"role":null,"later":{"unknown":[1]}}""", [], "{}" },
    };

    [Theory]
    [MemberData(nameof(Contexts))]
    public async Task A_part_of_the_context_of_the_wrong_type_is_left_out_and_named(string context, string[] warnings, string arrives)
    {
        gateway.Peer.Answers["Identify"] = (_, _) => Task.FromResult<IMessage>(new IdentifyResponse { UserId = "u1" });
        gateway.Peer.Answers["RecordEvents"] = (_, _) => Task.FromResult<IMessage>(new RecordEventsResponse { Accepted = 1 });

        var identified = await CallAsync("identify", $$"""{"userId":"u1","traits":{"plan":"pro"},"context":{{context}} }""");
        var identify = (IdentifyRequest)gateway.Peer.Last.Request;
        var recorded = await CallAsync("events", $$"""{"userId":"u1","events":[{"name":"x"}],"context":{{context}} }""");
        var record = (RecordEventsRequest)gateway.Peer.Last.Request;

        Assert.Equal(("u1", "1"), (identified["userId"], recorded["accepted"]));
        Assert.Equal(("pro", "x"), (identify.Traits.Fields["plan"].StringValue, record.Events.Single().Name));
        var left = arrives == "null" ? null : Context.Parser.ParseJson(arrives);
        Assert.Equal((left, left), (identify.Context, record.Context));
        Assert.Equal(warnings, WarningsOf(identified));
        Assert.Equal(warnings, WarningsOf(recorded));
    }

    [Fact]
    public async Task What_the_service_warns_of_is_answered_too()
    {
        gateway.Peer.Answers["Identify"] = (_, _) => Task.FromResult<IMessage>(
            new IdentifyResponse { Warnings = { new Warning { Field = "context.timeZone", Message = "Left out: it is none." } } });

        var reply = await CallAsync("identify", """{"userId":"u1","context":{"timeZone":"Mars/Base","location":"Berlin"}}""");

        Assert.Equal(["context.timeZone|it is none.", "context.location|it must be an object."], WarningsOf(reply));
    }

    [Theory]
    [InlineData("""{"a\ud800":1,"a\ud801":2}""", "a\uFFFD", 2, "traits.a\uFFFD")]
    [InlineData("""{"a\uFFFD":1,"a\ud801":2}""", "a\uFFFD", 2, "traits.a\uFFFD")]
    [InlineData("""{"a\ud800":1,"a\uFFFD":2}""", "a\uFFFD", 2, "traits.a\uFFFD")]
    [InlineData("""{"a\u0000":1,"a\u0001":2}""", "a\uFFFD", 2, "traits.a\uFFFD")]
    [InlineData("""{"":1,"\u0000":2}""", "\uFFFD", 2, "traits.\uFFFD")]
    public async Task Of_two_names_that_are_one_when_they_are_mended_the_later_one_counts(string traits, string name, double value, string field)
    {
        gateway.Peer.Answers["Identify"] = (_, _) => Task.FromResult<IMessage>(new IdentifyResponse { UserId = "u1" });

        var reply = await CallAsync("identify", $$"""{"userId":"u1","traits":{{traits}}}""");

        var arrived = Assert.Single(((IdentifyRequest)gateway.Peer.Last.Request).Traits.Fields);
        Assert.Equal((name, value), (arrived.Key, arrived.Value.NumberValue));
        Assert.Equal(
            [$"{field}|it has the same name as a later one, since a character that cannot be stored was replaced."], WarningsOf(reply));
    }

    [Fact]
    public async Task An_answer_names_50_parts_that_were_left_out_and_says_how_many_more_there_were()
    {
        gateway.Peer.Answers["Identify"] = (_, _) => Task.FromResult<IMessage>(new IdentifyResponse { UserId = "u1" });
        var traits = string.Join(",", Enumerable.Range(0, 60).Select(number => $$"""
            "a{{number}}\ud800":1,"a{{number}}\ud801":2
            """));

        var reply = await CallAsync("identify", $$$"""{"userId":"u1","traits":{{{{traits}}}}}""");

        var warnings = WarningsOf(reply);
        Assert.Equal(51, warnings.Length);
        Assert.Equal("|10 more parts, which are not named.", warnings[50]);
    }

    [Theory]
    [InlineData("""{"a\ud800":1,"a\ud801":2}""", 200)]
    [InlineData("""{"a":1,"a":2}""", 400)]
    public async Task An_answer_without_warnings_says_nothing_of_it_and_a_name_that_is_given_twice_is_refused(string data, int status)
    {
        var reply = await gateway.CallAsync(
            "POST", $"/sdk/journeys/{Guid.CreateVersion7()}/progress", $$"""{"userId":"u1","nodeId":"one","outcome":"COMPLETED","data":{{data}}}""",
            GatewayUnderTest.PublishableKey);

        Assert.True(reply.Status == status, reply.Text);
    }

    // The rest of the request is what the call is about, and what is no JSON cannot be passed over.
    [Theory]
    [InlineData("""{"userId":"u1","traits":"pro"}""", "traits")]
    [InlineData("""{"userId":5,"context":{"location":"Berlin"}}""", "userId")]
    [InlineData("""{"userId":"u1","context":{"location":{]}}}""", "context.location")]
    public async Task Everything_else_is_refused_as_before(string body, string field)
    {
        var reply = await gateway.CallAsync("POST", "/sdk/identify", body, GatewayUnderTest.PublishableKey);

        Assert.Equal((400, field), (reply.Status, reply.BlamedFields.Single()));
    }

    [Fact]
    public void Every_answer_to_a_request_with_auxiliary_fields_can_name_what_was_left_out()
    {
        var rpcs = RpcCatalog.Journeys.Routes.Select(route => route.Rpc.Method).Where(method => method.InputType.Fields.InDeclarationOrder().Any(IsAuxiliary));

        Assert.NotEmpty(rpcs);
        Assert.All(rpcs, method => Assert.Equal(Warning.Descriptor, method.OutputType.FindFieldByName("warnings")?.MessageType));

        static bool IsAuxiliary(FieldDescriptor field) => field.GetOptions()?.GetExtension(AuxiliaryExtensions.Auxiliary) ?? false;
    }

    async Task<Reply> CallAsync(string what, string body)
    {
        var reply = await gateway.CallAsync("POST", $"/sdk/{what}", body, GatewayUnderTest.PublishableKey);

        Assert.True(reply.Status == 200, reply.Text);
        return reply;
    }

    static string[] WarningsOf(Reply reply) =>
        [.. reply.Json.GetProperty("warnings").EnumerateArray().Select(warning => $"{Text(warning, "field")}|{Text(warning, "message")["Left out: ".Length..]}")];

    static string Text(JsonElement warning, string name) => warning.GetProperty(name).GetString()!;
}
