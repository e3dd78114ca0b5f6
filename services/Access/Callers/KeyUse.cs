using System.Collections.Concurrent;
using Journeys.BuildingBlocks;

namespace Journeys.Access.Callers;

/// <summary>
/// Collects the use of keys and stores it at intervals, because a write for each call would cost more than the call.
/// </summary>
public sealed class KeyUse(CallerStore store, TimeProvider time) : IChore
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    ConcurrentDictionary<Guid, (DateTimeOffset UsedAt, Guid? SiteWithEvent)> uses = new();

    public void Record(KeyRow key, bool isEvent)
    {
        var seen = uses;
        var now = time.GetUtcNow();
        if (seen.TryGetValue(key.KeyId, out var last) && now - last.UsedAt < TimeSpan.FromSeconds(1) && (!isEvent || last.SiteWithEvent is not null))
            return;

        seen[key.KeyId] = (now, isEvent ? key.SiteId : last.SiteWithEvent);
    }

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var written = Interlocked.Exchange(ref uses, new());
        if (!written.IsEmpty)
        {
            // Rows are sorted, so that two replicas lock them in the same order.
            var rows = written.OrderBy(use => use.Key).ToList();
            await store.RecordUseAsync(
                [.. rows.Select(use => use.Key)],
                [.. rows.Select(use => use.Value.UsedAt)],
                [.. rows.Select(use => use.Value.SiteWithEvent).OfType<Guid>().Distinct().Order()],
                ct);
        }

        return Every;
    }
}
