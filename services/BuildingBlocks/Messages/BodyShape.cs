using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>Describes a message without its values: which fields are set, of what type, and how many of each.</summary>
public static class BodyShape
{
    // A journey's graph is deep and wide; its first fields identify it.
    const int MostLines = 50;
    const int Deepest = 6;

    /// <summary>Returns lines such as `timers[].enrollment_id: string x 3`, at most 50.</summary>
    /// <param name="message">The message.</param>
    /// <param name="siteId">Parts that name another site are left out and not counted.</param>
    public static IReadOnlyList<string> Of(IMessage message, Guid siteId)
    {
        var counts = new Dictionary<string, (string Type, int Count)>();
        Collect(message, siteId, "", depth: 1, counts);
        return [.. counts.Take(MostLines).Select(line => $"{line.Key}: {line.Value.Type} x {line.Value.Count}")];
    }

    /// <summary>Returns the messages that a field holds: none, one or many.</summary>
    internal static IEnumerable<IMessage> MessagesIn(FieldDescriptor field, IMessage message) => field.Accessor.GetValue(message) switch
    {
        IMessage one => [one],
        IList many => many.OfType<IMessage>(),
        _ => [],
    };

    static void Collect(IMessage message, Guid siteId, string path, int depth, Dictionary<string, (string Type, int Count)> counts)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var name = $"{path}{field.Name}{(field.IsRepeated ? "[]" : "")}";
            if (field is { FieldType: FieldType.Message, IsMap: false })
            {
                foreach (var inner in MessagesIn(field, message).Where(inner => IsOf(siteId, inner)))
                {
                    Add(name, field.MessageType.Name, 1);
                    if (depth < Deepest)
                        Collect(inner, siteId, $"{name}.", depth + 1, counts);
                }
            }
            else if (CountOf(field, message) is var count and > 0)
            {
                Add(name, field.IsMap ? "map" : field.FieldType.ToString().ToLowerInvariant(), count);
            }
        }

        void Add(string name, string type, int count) => counts[name] = (type, counts.GetValueOrDefault(name).Count + count);
    }

    static bool IsOf(Guid siteId, IMessage message)
    {
        var sites = Letter.SitesOf(message);
        return sites.Count == 0 || sites.Contains(siteId);
    }

    static int CountOf(FieldDescriptor field, IMessage message) => field.Accessor.GetValue(message) switch
    {
        ICollection many => many.Count,
        string text => text.Length > 0 ? 1 : 0,
        ByteString bytes => bytes.IsEmpty ? 0 : 1,
        _ => 1,
    };
}
