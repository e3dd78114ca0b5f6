using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>Finds the things of a service by their keys.</summary>
public interface IKeyed
{
    /// <summary>The id of what has a key on a site; null when nothing has it.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="what">What it is, as the proto says with `(journeys.options.v1.key_of)`.</param>
    /// <param name="key">The key.</param>
    /// <param name="ct">Cancels the operation.</param>
    Task<Guid?> FindAsync(Guid siteId, string what, string key, CancellationToken ct);
}

/// <summary>Puts the id in the place of `key:` and a key, before anything else reads the request.</summary>
public static class KeyedRequests
{
    static readonly ConcurrentDictionary<MessageDescriptor, IReadOnlyList<(FieldDescriptor Field, string What)>> Known = [];

    /// <summary>What a field names by a key too, such as `journey`; empty when it takes no key.</summary>
    public static string KeyOf(FieldDescriptor field) => field.GetOptions()?.GetExtension(KeyExtensions.KeyOf) ?? "";

    /// <summary>Resolves the keys of one request.</summary>
    /// <exception cref="InvalidInput">What follows `key:` cannot be a key.</exception>
    /// <exception cref="NotFound">Nothing has the key.</exception>
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

    // Options are copied each time they are asked for, which is too much for every call.
    static IReadOnlyList<(FieldDescriptor Field, string What)> KeyedIn(MessageDescriptor message) =>
        [.. message.Fields.InDeclarationOrder().Select(field => (field, KeyOf(field))).Where(field => field.Item2.Length > 0)];
}
