using System.Collections.Concurrent;
using System.Linq.Expressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Requests;
using Journeys.Protos.Options.V1;

namespace Journeys.Gateways.Routing;

/// <summary>The description of a message type for the JSON reader, computed once.</summary>
public sealed class MessageShape
{
    static readonly ConcurrentDictionary<MessageDescriptor, MessageShape> Known = new();

    readonly Func<IMessage> create;
    readonly Dictionary<string, FieldShape> fields = new(StringComparer.Ordinal);

    MessageShape(MessageDescriptor descriptor)
    {
        FullName = descriptor.FullName;
        create = Expression.Lambda<Func<IMessage>>(Expression.Convert(Expression.New(descriptor.ClrType), typeof(IMessage))).Compile();
        foreach (var field in descriptor.Fields.InDeclarationOrder())
        {
            // As in proto3 JSON, both spellings are accepted; two spellings of one field still are a duplicate.
            fields[field.JsonName] = fields[field.Name] = new FieldShape(field);
        }
    }

    public string FullName { get; }

    public static MessageShape Of(MessageDescriptor descriptor) => Known.GetOrAdd(descriptor, key => new MessageShape(key));

    public IMessage Create() => create();

    public FieldShape? Find(string name) => fields.GetValueOrDefault(name);
}

/// <summary>One field of a message.</summary>
public sealed class FieldShape(FieldDescriptor field)
{
    MessageShape? message;

    public FieldDescriptor Field { get; } = field;

    /// <summary>See <see cref="RequestShape.IsKey"/>.</summary>
    public bool IsKey { get; } = RequestShape.IsKey(field);

    /// <summary>Whether an invalid value in the field is left out instead of failing the call.</summary>
    public bool IsAuxiliary { get; } = field.GetOptions()?.GetExtension(AuxiliaryExtensions.Auxiliary) ?? false;

    /// <summary>The shape of the field's type. Resolved late, because messages may contain themselves.</summary>
    public MessageShape Message => message ??= MessageShape.Of(Field.MessageType);
}
