using System.Diagnostics.CodeAnalysis;

namespace Journeys.Enrollments.Journeys;

/// <summary>
/// A cache with a maximum weight that evicts the least recently used entries. The newest entry stays, whatever its
/// weight.
/// </summary>
/// <param name="most">The maximum total weight.</param>
public sealed class Lru<TKey, TValue>(long most)
    where TKey : notnull
{
    readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value, long Weight)>> entries = [];
    readonly LinkedList<(TKey Key, TValue Value, long Weight)> byUse = new();
    readonly Lock padlock = new();
    long weight;

    /// <summary>Finds an entry and marks it as the most recently used.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (padlock)
        {
            if (!entries.TryGetValue(key, out var entry))
            {
                value = default;
                return false;
            }

            byUse.Remove(entry);
            byUse.AddFirst(entry);
            value = entry.Value.Value;
            return true;
        }
    }

    /// <summary>Adds or replaces an entry.</summary>
    public void Set(TKey key, TValue value, long weighing)
    {
        lock (padlock)
        {
            Drop(key);
            entries[key] = byUse.AddFirst((key, value, weighing));
            weight += weighing;
            while (weight > most && byUse.Count > 1)
                Drop(byUse.Last!.Value.Key);
        }
    }

    /// <summary>Removes an entry.</summary>
    public void Remove(TKey key)
    {
        lock (padlock)
            Drop(key);
    }

    void Drop(TKey key)
    {
        if (!entries.Remove(key, out var entry))
            return;

        byUse.Remove(entry);
        weight -= entry.Value.Weight;
    }
}
