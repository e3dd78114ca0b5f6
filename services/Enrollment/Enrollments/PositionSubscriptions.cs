using System.Collections.Concurrent;
using System.Threading.Channels;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Subscriptions to people's positions. A change made here notifies them at once; one made by another replica within a second.</summary>
/// <remarks>However many watch, the database is asked at most twice a second: strangers cost no more than people who are known.</remarks>
public sealed class PositionSubscriptions(EnrollmentQueries queries, TimeProvider time) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A transaction commits after it took its time.
    static readonly TimeSpan Overlap = TimeSpan.FromSeconds(3);

    // Somebody who is known seldom becomes another; a stranger is looked for in every pass.
    const int PassesBetweenLooks = 10;

    readonly ConcurrentDictionary<PositionSubscription, byte> watches = new();
    readonly ConcurrentDictionary<(Guid SiteId, Guid ProfileId), ConcurrentDictionary<PositionSubscription, byte>> known = new();
    int passes;
    long? lookedAt;

    /// <summary>Rings whenever the person's position may have changed, until disposed.</summary>
    public PositionSubscription Subscribe(PersonKey person)
    {
        var watch = new PositionSubscription(person, End);
        watches[watch] = 0;
        return watch;
    }

    /// <summary>Says as whom the person is known now; null while they are not.</summary>
    public void Know(PositionSubscription watch, KnownAs? knownAs)
    {
        lock (known)
        {
            if (watch.ProfileId != knownAs?.ProfileId)
                Forget(watch);
            watch.KnownAs = knownAs;
            if (watch.ProfileId is { } id)
                known.GetOrAdd((watch.Person.SiteId, id), static _ => new())[watch] = 0;
        }
    }

    /// <summary>The person's position may have changed.</summary>
    public void Notify(Guid siteId, Guid profileId)
    {
        if (!known.TryGetValue((siteId, profileId), out var watching))
            return;
        foreach (var watch in watching.Keys)
            watch.Ring();
    }

    /// <summary>Rings for everybody whose enrollments changed lately, or the status of a journey that they are in; what did not change is not sent again.</summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var ids = known.Keys.ToArray();
        var now = time.GetTimestamp();
        if (ids.Length > 0)
        {
            // Looks that failed left more to look at.
            var since = lookedAt is { } before ? time.GetElapsedTime(before, now) : Interval;
            var changed = await queries.ListChangedAsync(
                [.. ids.Select(key => key.SiteId)], [.. ids.Select(key => key.ProfileId)], since + Overlap, time.GetGiven(), ct);
            foreach (var (siteId, profileId) in changed)
                Notify(siteId, profileId);
        }

        lookedAt = now;
        await LookForOthersAsync(passes++ % PassesBetweenLooks == 0, ct);
        return Interval;
    }

    // Who was a stranger, and whose visitor became a user.
    async Task LookForOthersAsync(bool all, CancellationToken ct)
    {
        var looked = watches.Keys.Where(watch => all || watch.ProfileId is null).ToArray();
        if (looked.Length == 0)
            return;

        var now = await queries.ListKnownAsync([.. looked.Select(watch => watch.Person)], ct);
        for (var index = 0; index < looked.Length; index++)
        {
            if (now[index] != looked[index].KnownAs)
                looked[index].Ring();
        }
    }

    void End(PositionSubscription watch)
    {
        watches.TryRemove(watch, out _);
        lock (known)
            Forget(watch);
    }

    // Under the lock: what is empty goes, and somebody else may come at the same moment.
    void Forget(PositionSubscription watch)
    {
        if (watch.ProfileId is not { } id || !known.TryGetValue((watch.Person.SiteId, id), out var watching))
            return;

        watching.TryRemove(watch, out _);
        if (watching.IsEmpty)
            known.TryRemove((watch.Person.SiteId, id), out _);
    }
}

/// <summary>One who watches. Dispose of it to end.</summary>
public sealed class PositionSubscription(PersonKey person, Action<PositionSubscription> end) : IDisposable
{
    readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Who is watched.</summary>
    public PersonKey Person => person;

    /// <summary>The profile of the person; null while they are not known.</summary>
    public Guid? ProfileId => KnownAs?.ProfileId;

    internal KnownAs? KnownAs { get; set; }

    /// <summary>Waits until there may be something new, at most this long. False when the time passed.</summary>
    public async Task<bool> WaitAsync(TimeSpan limit, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        over.CancelAfter(limit);
        try
        {
            return await bell.Reader.ReadAsync(over.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => end(this);

    internal void Ring() => bell.Writer.TryWrite(true);
}

/// <summary>As whom a person is known.</summary>
/// <param name="UserId">Empty for a visitor.</param>
public sealed record KnownAs(Guid ProfileId, string UserId);
