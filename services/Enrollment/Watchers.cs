using System.Collections.Concurrent;
using System.Threading.Channels;
using Journeys.BuildingBlocks;

namespace Journeys.Enrollments;

/// <summary>Those who watch a person's position. A change made here tells them at once; one made by another replica within a second.</summary>
public sealed class Watchers(EnrollmentQueries queries, TimeProvider time) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Clocks of replicas differ a little, and a transaction commits after it took its time.
    static readonly TimeSpan Overlap = TimeSpan.FromSeconds(3);

    readonly ConcurrentDictionary<(Guid SiteId, Guid ProfileId), ConcurrentDictionary<Channel<bool>, byte>> bells = new();

    /// <summary>Rings whenever the person's position may have changed, until disposed.</summary>
    public Watch Begin(Guid siteId, Guid profileId)
    {
        var bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        bells.GetOrAdd((siteId, profileId), static _ => new())[bell] = 0;
        return new Watch(bell.Reader, () => End(siteId, profileId, bell));
    }

    /// <summary>The person's position may have changed.</summary>
    public void Tell(Guid siteId, Guid profileId)
    {
        if (!bells.TryGetValue((siteId, profileId), out var watching))
            return;
        foreach (var bell in watching.Keys)
            bell.Writer.TryWrite(true);
    }

    /// <summary>Rings for everybody whose enrollments changed lately; what did not change is not sent again.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var watched = bells.Keys.ToArray();
        if (watched.Length == 0)
            return Interval;

        var changed = await queries.ListChangedAsync(
            [.. watched.Select(key => key.SiteId)], [.. watched.Select(key => key.ProfileId)], time.GetUtcNow() - Interval - Overlap, ct);
        foreach (var (siteId, profileId) in changed)
            Tell(siteId, profileId);
        return Interval;
    }

    void End(Guid siteId, Guid profileId, Channel<bool> bell)
    {
        if (!bells.TryGetValue((siteId, profileId), out var watching))
            return;

        watching.TryRemove(bell, out _);
        if (watching.IsEmpty)
            bells.TryRemove(KeyValuePair.Create((siteId, profileId), watching));
    }
}

/// <summary>One who watches. Dispose of it to end.</summary>
public sealed class Watch(ChannelReader<bool> bell, Action end) : IDisposable
{
    /// <summary>Waits until there may be something new, at most this long. False when the time passed.</summary>
    public async Task<bool> WaitAsync(TimeSpan limit, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        over.CancelAfter(limit);
        try
        {
            return await bell.ReadAsync(over.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => end();
}
