using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Protos.Graph.V1;

namespace Journeys.EngineContracts;

/// <summary>Lists a message and all messages inside it, each with its path as the public JSON spells it.</summary>
public static class ProtoTree
{
    /// <summary>Returns the messages, outer ones first. Paths name nodes and edges by their ids.</summary>
    public static IEnumerable<(string Path, IMessage Part)> Of(IMessage message, string path)
    {
        yield return (path, message);
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message))
        {
            foreach (var (childPath, child) in Children(field.Accessor.GetValue(message), Below(path, field.JsonName)))
            {
                foreach (var part in Of(child, childPath))
                    yield return part;
            }
        }
    }

    /// <summary>Returns the path of a field.</summary>
    public static string Below(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    static IEnumerable<(string Path, IMessage Child)> Children(object? value, string path) => value switch
    {
        IMessage child => [(path, child)],
        IDictionary map => map.Keys.Cast<object>().Where(key => map[key] is IMessage).Select(key => ($"{path}.{key}", (IMessage)map[key]!)),
        IList list => list.Cast<object>().OfType<IMessage>().Select((child, i) => ($"{path}[{NameOf(child) ?? $"{i}"}]", child)),
        _ => [],
    };

    static string? NameOf(IMessage message) => message switch
    {
        Node { Id.Length: > 0 } node => node.Id,
        Edge { Id.Length: > 0 } edge => edge.Id,
        _ => null,
    };
}
