using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using System.Reflection;
using System.Runtime.Serialization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MassTransit;
using MassTransit.Serialization;

namespace Journeys.BuildingBlocks;

/// <summary>Makes MassTransit read raw protobuf bodies: no envelope, the full message name in the header `message-type`.</summary>
/// <remarks>A body without the header is taken for what its exchange is named after, so any AMQP program can send one.</remarks>
sealed class ProtobufSerializer : ISerializerFactory, IMessageSerializer, IMessageDeserializer
{
    public const string MediaType = "application/x-protobuf";
    public const string TypeHeader = "message-type";

    // The header in which MassTransit looks for the trace that a consumer goes on with.
    public const string TraceHeader = "MT-Activity-Id";

    public ContentType ContentType { get; } = new(MediaType);

    public IMessageSerializer CreateSerializer() => this;

    public IMessageDeserializer CreateDeserializer() => this;

    public MessageBody GetMessageBody<T>(SendContext<T> context)
        where T : class
    {
        if (context.Message is not IMessage message)
            throw new NotSupportedException($"{typeof(T).Name} is not a protobuf message, and nothing else crosses the broker.");

        context.Headers.Set(TypeHeader, message.Descriptor.FullName);
        return new BytesMessageBody(message.ToByteArray());
    }

    public ConsumeContext Deserialize(ReceiveContext receiveContext)
    {
        var exchange = receiveContext.TryGetPayload<RabbitMqBasicConsumeContext>(out var delivery) ? delivery.Exchange : null;
        return new BodyConsumeContext(
            receiveContext, Read(receiveContext.Body, receiveContext.TransportHeaders, receiveContext.InputAddress, exchange));
    }

    public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) =>
        Read(body, headers, destinationAddress, exchange: null);

    public MessageBody GetMessageBody(string text) => new Base64MessageBody(text);

    public void Probe(ProbeContext context) => context.CreateScope("protobuf").Add("contentType", MediaType);

    Context Read(MessageBody body, Headers headers, Uri? destination, string? exchange)
    {
        var name = headers.Get<string>(TypeHeader) ?? exchange
            ?? throw new SerializationException($"The message has no {TypeHeader} header.");
        return new Context(this, name, body.GetBytes(), new RawMessageContext(headers, destination, RawSerializerOptions.Default));
    }

    sealed class Context(ProtobufSerializer serializer, string name, byte[] body, MessageContext message)
        : BaseSerializerContext(SystemTextJsonMessageSerializer.Instance, message, [name])
    {
        public override bool IsSupportedMessageType<T>() => IsSupportedMessageType(typeof(T));

        public override bool IsSupportedMessageType(Type messageType) => ProtobufTypes.Find(messageType)?.FullName == name;

        public override bool TryGetMessage<T>([NotNullWhen(true)] out T? message)
            where T : class
        {
            message = TryGetMessage(typeof(T), out var found) ? (T)found : null;
            return message is not null;
        }

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? message)
        {
            message = IsSupportedMessageType(messageType) ? ProtobufTypes.Find(messageType)!.Parser.ParseFrom(body) : null;
            return message is not null;
        }

        public override IMessageSerializer GetMessageSerializer() => serializer;

        public override IMessageSerializer GetMessageSerializer<T>(MessageEnvelope envelope, T message) => serializer;

        public override IMessageSerializer GetMessageSerializer(object message, string[] messageTypes) => serializer;

        public override Dictionary<string, object> ToDictionary<T>(T? message)
            where T : class => throw new NotSupportedException("Protobuf messages are not dictionaries.");
    }
}

/// <summary>The descriptors of generated message classes.</summary>
static class ProtobufTypes
{
    static readonly ConcurrentDictionary<Type, MessageDescriptor?> Found = new();

    /// <summary>The descriptor of a generated class; null for any other type.</summary>
    public static MessageDescriptor? Find(Type type) => Found.GetOrAdd(
        type,
        static type => type.IsClass && typeof(IMessage).IsAssignableFrom(type)
            ? type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as MessageDescriptor
            : null);
}
