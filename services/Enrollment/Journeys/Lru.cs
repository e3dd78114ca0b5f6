using System.Diagnostics.CodeAnalysis;

namespace Journeys.Enrollments.Journeys;

/// <summary>Keeps what was used last, up to a weight; what has not been used for longest goes. The newest stays, however heavy.</summary>
/// <param name="most">The most that all of it weighs.</param>
public sealed class Lru<TKey, TValue>(long most)
    where TKey : notnull
{
    readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value, long Weight)>> entries = [];
    readonly LinkedList<(TKey Key, TValue Value, long Weight)> byUse = new();
    readonly Lock padlock = new();
    long weight;

    /// <summary>Finds an entry, which is then the one used last.</summary>
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

    /// <summary>Keeps a value in the place of an older one.</summary>
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

    /// <summary>Forgets an entry.</summary>
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
