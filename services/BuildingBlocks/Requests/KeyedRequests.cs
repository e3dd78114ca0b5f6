using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>Finds the objects of a service by their keys.</summary>
public interface IKeyed
{
    /// <summary>Returns the id of the object that has a key on a site; null when there is none.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="what">The kind of object, as the proto declares it with `(journeys.options.v1.key_of)`.</param>
    /// <param name="key">The key.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task<Guid?> FindAsync(Guid siteId, string what, string key, CancellationToken ct);
}

/// <summary>Replaces `key:` and a key by the object's id, before any other code reads the request.</summary>
public static class KeyedRequests
{
    static readonly ConcurrentDictionary<MessageDescriptor, IReadOnlyList<(FieldDescriptor Field, string What)>> Known = [];

    /// <summary>
    /// Returns the kind of object that a field also names by key, such as `journey`; empty when the field accepts no
    /// key.
    /// </summary>
    public static string KeyOf(FieldDescriptor field) => field.GetOptions()?.GetExtension(KeyExtensions.KeyOf) ?? "";

    /// <summary>Replaces the keys of one request by ids.</summary>
    /// <exception cref="InvalidInput">The text after `key:` is not a valid key.</exception>
    /// <exception cref="NotFound">No object has the key.</exception>
    public static async Task ResolveAsync(this IKeyed keyed, IMessage request, Guid siteId, CancellationToken ct)
    {
        foreach (var (field, what) in Known.GetOrAdd(request.Descriptor, KeyedIn))
        {
            if (Keys.In((string)field.Accessor.GetValue(request), field.JsonName) is not { } key)
                continue;

            var id = await keyed.FindAsync(siteId, what, key, ct) ?? throw new NotFound(what, Keys.Prefix + key);
            field.Accessor.SetValue(request, id.ToString());
        }
    }

    // The result is cached, because options are copied each time they are read, which is too slow for every call.
    static IReadOnlyList<(FieldDescriptor Field, string What)> KeyedIn(MessageDescriptor message) =>
        [.. message.Fields.InDeclarationOrder().Select(field => (field, KeyOf(field))).Where(field => field.Item2.Length > 0)];
}
