using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Graph.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.BuildingBlocks.Tests;

/// <summary>What makes two calls the same request.</summary>
public sealed class RequestKeyTests
{
    [Fact]
    public async Task The_order_of_a_maps_entries_does_not_matter_and_every_value_does()
    {
        var keys = await KeysAsync(
            Journey(("a", 1), ("b", 2)), Journey(("b", 2), ("a", 1)), Journey(("a", 1), ("b", 3)), Journey(("a", 1)));

        Assert.Equal(keys[0].Hash, keys[1].Hash);
        Assert.Equal(3, keys.Select(key => Convert.ToHexString(key.Hash)).Distinct().Count());
    }

    [Fact]
    public async Task A_call_without_an_id_is_never_a_repeat()
    {
        var request = Journey();
        request.RequestId = "";

        Assert.Null((await KeysAsync(request))[0]);
    }

    static CreateJourneyRequest Journey(params (string Name, int Value)[] payload)
    {
        var fields = new Struct();
        foreach (var (name, value) in payload)
            fields.Fields[name] = Value.ForNumber(value);
        return new CreateJourneyRequest
        {
            Name = "Onboarding",
            RequestId = "r1",
            Graph = new() { Nodes = { new Node { Id = "tour", Content = new() { Payload = fields } } } },
        };
    }

    // A key is made of a call's context, so each is made in a real call.
    static async Task<List<RequestKey>> KeysAsync(params IMessage[] requests)
    {
        var keys = new List<RequestKey>();
        await using var service = await TestService.StartAsync(context =>
        {
            keys.AddRange(requests.Select(request => RequestKey.Of(context, request)!));
            return Task.FromResult(new Job());
        });
        await service.Client.GetJobAsync(new GetJobRequest(), service.As(Access.Types.Role.Viewer));
        return keys;
    }
}
