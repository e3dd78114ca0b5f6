using System.Collections.Concurrent;

namespace Journeys.Access.Callers;

/// <summary>Caches results, including missing ones, for a few seconds.</summary>
public sealed class ShortCache<TKey, TValue>(TimeSpan lifetime, TimeProvider time)
    where TKey : notnull
    where TValue : class
{
    // Bounded, because unknown keys are cached too and could fill the memory.
    const int Most = 20_000;

    readonly ConcurrentDictionary<TKey, (TValue? Value, DateTimeOffset Until)> entries = new();

    public async ValueTask<TValue?> GetAsync(TKey key, Func<CancellationToken, Task<TValue?>> load, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (entries.TryGetValue(key, out var known) && now < known.Until)
            return known.Value;

        var value = await load(ct);
        if (entries.Count >= Most)
            entries.Clear();
        entries[key] = (value, now + lifetime);
        return value;
    }

    public void Clear() => entries.Clear();
}
