using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Brokers;
using Journeys.BuildingBlocks.Messages;

namespace Journeys.Gateways.OpenApi;

/// <summary>Describes the facts on RabbitMQ as AsyncAPI 3.0, from the contracts and their comments.</summary>
public sealed class AsyncApiDocument
{
    // The version of AsyncAPI's terms for AMQP.
    const string Bindings = "0.3.0";

    readonly ProtoComments comments = new();
    readonly Schemas schemas;

    public AsyncApiDocument()
    {
        schemas = new Schemas(comments, Facts.All);
        Json = Write().ToJsonString();
    }

    public string Json { get; }

    JsonObject Write()
    {
        var (channels, operations, messages) = (new JsonObject(), new JsonObject(), new JsonObject());
        foreach (var fact in Facts.All)
        {
            messages[fact.Name] = Message(fact);
            channels[fact.Name] = Channel(fact.FullName, fact.FullName, "fanout", [fact], "All facts of this kind, of all sites.");
            operations[$"send{fact.Name}"] = Operation(fact.Name);
        }

        channels["facts"] = RoutedFacts();
        operations["sendFacts"] = Operation("facts");
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = Info(),
            ["defaultContentType"] = Letter.ContentType,
            ["servers"] = new JsonObject { ["rabbitmq"] = Server() },
            ["channels"] = channels,
            ["operations"] = operations,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject { ["account"] = Account() },
                ["messages"] = messages,
                ["schemas"] = schemas.Components,
            },
        };
    }

    static JsonObject Info() => new()
    {
        ["title"] = "Facts of Journeys",
        ["version"] = OpenApiText.Version,
        ["description"] = "What programs outside Journeys learn from RabbitMQ. Bodies are raw protobuf; `/protos.binpb` has the types, "
            + "which messages name as `x-protobuf-message`, and the schemas here describe them as JSON. Facts come at least once, "
            + "a repeated one with the same AMQP property `message-id`, and in no order. The AMQP property `timestamp` says to the second "
            + "when a fact was stored.",
        ["license"] = new JsonObject
        {
            ["name"] = "Apache License 2.0",
            ["url"] = "https://www.apache.org/licenses/LICENSE-2.0",
        },
    };

    static JsonObject Server() => new()
    {
        ["host"] = "{host}",
        ["protocol"] = "amqp",
        ["protocolVersion"] = "0.9.1",
        ["description"] = "The RabbitMQ of the installation. Declare a queue of your own and bind it to an exchange.",
        ["variables"] = new JsonObject
        {
            ["host"] = new JsonObject { ["default"] = "localhost:5672", ["description"] = "Host and port." },
        },
        ["security"] = new JsonArray(Reference("components/securitySchemes/account")),
    };

    static JsonObject Account() => new()
    {
        ["type"] = "userPassword",
        ["description"] = "The user `reader`, or the account of one site, whose bindings to `journeys.facts` begin with its id.",
    };

    static JsonObject Channel(string address, string exchange, string type, IReadOnlyList<MessageDescriptor> facts, string words) => new()
    {
        ["address"] = address,
        ["description"] = words,
        ["servers"] = new JsonArray(Reference("servers/rabbitmq")),
        ["messages"] = new JsonObject(
            facts.Select(fact => KeyValuePair.Create<string, JsonNode?>(fact.Name, Reference($"components/messages/{fact.Name}")))),
        ["bindings"] = Amqp(new()
        {
            ["is"] = "routingKey",
            ["exchange"] = new JsonObject
            {
                ["name"] = exchange,
                ["type"] = type,
                ["durable"] = true,
                ["autoDelete"] = false,
            },
        }),
    };

    static JsonObject RoutedFacts()
    {
        var channel = Channel(
            "{siteId}.{journeyId}.{kind}", Facts.Exchange, "topic", Facts.All,
            "All facts, by site, journey and kind. Bind a queue with a pattern such as `SITE.#` or `SITE.*.EnrollmentCompleted`.");
        channel["parameters"] = new JsonObject
        {
            ["siteId"] = new JsonObject { ["description"] = "The site." },
            ["journeyId"] = new JsonObject { ["description"] = "The journey; `-` when the fact concerns no single one." },
            ["kind"] = new JsonObject
            {
                ["description"] = "The name of the message.",
                ["enum"] = new JsonArray([.. Facts.All.Select(fact => (JsonNode)fact.Name)]),
            },
        };
        return channel;
    }

    static JsonObject Operation(string channel) => new()
    {
        ["action"] = "send",
        ["channel"] = Reference($"channels/{channel}"),
        ["bindings"] = Amqp(new() { ["deliveryMode"] = 2, ["timestamp"] = true }),
    };

    JsonObject Message(MessageDescriptor fact) => new()
    {
        ["name"] = fact.FullName,
        ["title"] = fact.Name,
        ["summary"] = OpenApiText.FirstSentence(comments.Of(fact.FullName)),
        ["description"] = comments.Of(fact.FullName),
        ["contentType"] = Letter.ContentType,
        ["headers"] = Headers(fact),
        ["payload"] = schemas.OfAnswer(fact),
        ["bindings"] = Amqp(new() { ["messageType"] = fact.FullName }),
        ["x-protobuf-message"] = fact.FullName,
    };

    static JsonObject Headers(MessageDescriptor fact) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray(Letter.TypeHeader),
        ["properties"] = new JsonObject
        {
            [Letter.TypeHeader] = new JsonObject
            {
                ["type"] = "string",
                ["const"] = fact.FullName,
                ["description"] = "The full name of the message.",
            },
            [Letter.TraceHeader] = new JsonObject
            {
                ["type"] = "string",
                ["description"] = "The trace that caused the fact, as a W3C `traceparent`.",
            },
            // The client library adds it to what RabbitMQ has to confirm.
            ["x-dotnet-pub-seq-no"] = new JsonObject
            {
                ["type"] = "integer",
                ["description"] = "A number of the sender's connection, of no use to readers.",
            },
        },
    };

    static JsonObject Amqp(JsonObject binding)
    {
        binding["bindingVersion"] = Bindings;
        return new() { ["amqp"] = binding };
    }

    static JsonObject Reference(string path) => new() { ["$ref"] = $"#/{path}" };
}
