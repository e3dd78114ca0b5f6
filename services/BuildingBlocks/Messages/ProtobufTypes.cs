using System.Collections.Concurrent;
using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>Finds the descriptors of generated message classes.</summary>
static class ProtobufTypes
{
    static readonly ConcurrentDictionary<Type, MessageDescriptor?> Found = new();

    /// <summary>Returns the descriptor of a generated class; null for any other type.</summary>
    public static MessageDescriptor? Find(Type type) => Found.GetOrAdd(
        type,
        static type => type.IsClass && typeof(IMessage).IsAssignableFrom(type)
            ? type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as MessageDescriptor
            : null);
}
