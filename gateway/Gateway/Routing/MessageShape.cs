using System.Collections.Concurrent;
using System.Linq.Expressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks.Requests;
using Journeys.Protos.Options.V1;

namespace Journeys.Gateways.Routing;

/// <summary>What reading JSON needs to know of a message type, worked out once.</summary>
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
            // As in proto3 JSON, both spellings are understood; two spellings of one field are still a duplicate.
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

    /// <summary>Whether the call goes on without what is invalid in it.</summary>
    public bool IsAuxiliary { get; } = field.GetOptions()?.GetExtension(AuxiliaryExtensions.Auxiliary) ?? false;

    /// <summary>Of the field's type. Found late, because messages may contain themselves.</summary>
    public MessageShape Message => message ??= MessageShape.Of(Field.MessageType);
}
