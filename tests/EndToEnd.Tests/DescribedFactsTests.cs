using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Journeys.BuildingBlocks.Brokers;
using Journeys.Gateways.OpenApi;
using Journeys.Testing;
using RabbitMQ.Client;

namespace Journeys.EndToEnd.Tests;

/// <summary>Facts on RabbitMQ are as `/asyncapi.json` describes them.</summary>
[Collection(SharedDeployment.Name)]
public sealed class DescribedFactsTests(Deployment deployment)
{
    static readonly JsonObject Document = JsonNode.Parse(new AsyncApiDocument().Json)!.AsObject();
    static readonly DescribedSchemas Schemas = new(Document);
    static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    [Fact]
    public async Task A_fact_of_every_kind_is_as_it_is_described()
    {
        // The other tests need theirs, because this one is halted.
        var (siteId, api) = await deployment.NewSiteAsync("Described");
        using var _ = api;
        var broker = new ConnectionFactory { Uri = new Uri(deployment.Broker.AddressOf("reader")) };
        await using var connection = await broker.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeclareAsync("reader.described", durable: false, exclusive: true, autoDelete: true);
        await channel.QueueBindAsync("reader.described", "journeys.facts", $"{siteId}.#");

        await CauseAllAsync(api, siteId);

        var messages = new List<BasicGetResult>();
        await Eventually.Equal("", ReadAsync, "kinds that did not come");
        Assert.All(messages, AssertDescribed);

        async Task<string> ReadAsync()
        {
            while (await channel.BasicGetAsync("reader.described", autoAck: true) is { } message)
                messages.Add(message);
            var came = messages.Select(message => message.RoutingKey.Split('.')[^1]);
            return string.Join(", ", Facts.All.Select(fact => fact.Name).Except(came));
        }
    }

    static void AssertDescribed(BasicGetResult message)
    {
        var type = Facts.All.Single(fact => fact.FullName == message.BasicProperties.Type);
        var described = Document["components"]!["messages"]![type.Name]!;
        var headers = new JsonObject(message.BasicProperties.Headers!.Select(header => KeyValuePair.Create<string, JsonNode?>(
            header.Key, header.Value is byte[] text ? Encoding.UTF8.GetString(text) : JsonValue.Create((long)header.Value!))));
        var schema = described["payload"]!["$ref"]!.GetValue<string>().Split('/')[^1];

        Assert.Null(Schemas.FaultOf(Json.Format(type.Parser.ParseFrom(message.Body.Span)), schema));
        Assert.Null(DescribedSchemas.FaultOf(headers, described["headers"]!.AsObject()));
        Assert.Equal(described["contentType"]!.GetValue<string>(), message.BasicProperties.ContentType);
        Assert.Equal(described["bindings"]!["amqp"]!["messageType"]!.GetValue<string>(), message.BasicProperties.Type);
        Assert.True(message.BasicProperties is { Persistent: true, Timestamp.UnixTime: > 0 });
        Assert.True(message.BasicProperties.IsMessageIdPresent());
        Assert.Equal(3, message.RoutingKey.Split('.').Length);
    }

    static async Task CauseAllAsync(Api api, string siteId)
    {
        var journey = await api.PublishAsync(Designs.UntilPaid());
        await PostAsync("pause");
        await PostAsync("resume");
        await EnrollAsync("ada");
        await api.SdkAsync("/sdk/events", new { userId = "ada", events = new[] { new { name = "paid" } } });
        await EnrollAsync("ben");
        await PostAsync($"enrollments/{(await api.EnrollmentAsync(journey, "ben"))!["id"]}/stop");
        await EnrollAsync("cy");
        var stop = (await api.PostAsync($"/api/journeys/{journey}/stops", new { selection = new { all = true }, reason = "Described" }))["id"]!.GetValue<string>();
        await Eventually.Equal("COMPLETED", async () => (await api.GetAsync($"/api/jobs/{stop}"))["status"]!.GetValue<string>(), "the stop");
        var undo = (await PostAsync($"stops/{stop}/undo"))["id"]!.GetValue<string>();
        await Eventually.Equal("COMPLETED", async () => (await api.GetAsync($"/api/jobs/{undo}"))["status"]!.GetValue<string>(), "its undo");
        await PostAsync("archive");
        await PostAsync("restore");
        await api.PostAsync("/api/audiences", new { name = "Payers", rule = new { @event = new { name = "paid" } } });
        await api.SdkAsync("/sdk/events", new { anonymousId = "visitor", events = new[] { new { name = "seen" } } });
        await api.SdkAsync("/sdk/identify", new { userId = "ada", anonymousId = "visitor" });
        await api.PostAsync($"/api/sites/{siteId}/halt", new { reason = "Described" });
        await api.PostAsync($"/api/sites/{siteId}/resume", new { });

        Task<JsonNode> PostAsync(string path) => api.PostAsync($"/api/journeys/{journey}/{path}", new { });

        Task<JsonNode> EnrollAsync(string userId) =>
            api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { userId } });
    }
}
