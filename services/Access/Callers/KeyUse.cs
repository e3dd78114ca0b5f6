using System.Collections.Concurrent;
using Journeys.BuildingBlocks;

namespace Journeys.Access.Callers;

/// <summary>Remembers which keys were used and writes it down now and then, because a write per call would cost more than the call.</summary>
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
            // Two replicas that lock the same keys must do so in the same order.
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
