using System.Collections.Concurrent;
using System.Threading.Channels;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Subscriptions to people's positions. A change made here notifies them at once; one made by another replica within a second.</summary>
/// <remarks>However many watch, the database is asked at most three times a second: strangers cost no more than people who are known.</remarks>
public sealed class PositionSubscriptions(EnrollmentQueries queries, TimeProvider time) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // A transaction may take its time before it writes anything.
    static readonly TimeSpan Overlap = TimeSpan.FromSeconds(3);

    // A transaction that runs for longer has looks go back this far, which costs only so much however long it runs.
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    // Somebody who is known seldom becomes another; a stranger is looked for in every pass.
    const int PassesBetweenLooks = 10;

    readonly ConcurrentDictionary<PositionSubscription, byte> watches = new();
    readonly ConcurrentDictionary<(Guid SiteId, Guid ProfileId), ConcurrentDictionary<PositionSubscription, byte>> known = new();
    int passes;
    long? lookedAt;

    // What ran at the last look, each with the look before it began: what it changed, it may have stamped from then on. Null while nobody looked.
    Dictionary<OpenTransaction, long>? running;

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
            // Read before the changes: what is over by now, its changes are seen below.
            var open = await queries.ListOpenTransactionsAsync(ct);
            // Looks that failed left more to look at, and so did those that ran during the last one.
            var since = Since(now);
            running = open.ToDictionary(one => one, one => Began(one, now));
            var changed = await queries.ListChangedAsync(
                [.. ids.Select(key => key.SiteId)], [.. ids.Select(key => key.ProfileId)], since + Overlap, time.GetGiven(), ct);
            foreach (var (siteId, profileId) in changed)
                Notify(siteId, profileId);
        }
        else
        {
            running = null;
        }

        lookedAt = now;
        await LookForOthersAsync(passes++ % PassesBetweenLooks == 0, ct);
        return Interval;
    }

    TimeSpan Since(long now)
    {
        if (running is null || lookedAt is not { } last)
            return Longest;

        var oldest = time.GetElapsedTime(running.Values.Append(last).Min(), now);
        return oldest < Longest ? oldest : TimeSpan.FromTicks(Math.Max(Longest.Ticks, time.GetElapsedTime(last, now).Ticks));
    }

    long Began(OpenTransaction one, long now) =>
        running is not null && running.TryGetValue(one, out var began) ? began
        : running is not null && lookedAt is { } last ? last
        : now - (long)(Longest.TotalSeconds * time.TimestampFrequency);

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
