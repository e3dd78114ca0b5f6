using System.Collections.Concurrent;
using System.Threading.Channels;
using Journeys.BuildingBlocks;
using Journeys.Enrollments.Profiles;

namespace Journeys.Enrollments.Enrollments;

/// <summary>
/// Subscriptions to people's positions. A change made by this replica notifies them immediately, one made by another
/// replica within a second.
/// </summary>
/// <remarks>
/// The database is queried at most three times a second, however many subscriptions exist, for known and unknown people
/// alike.
/// </remarks>
public sealed class PositionSubscriptions(EnrollmentQueries queries, TimeProvider time) : IChore
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Covers the time between the start of a transaction and its first write.
    static readonly TimeSpan Overlap = TimeSpan.FromSeconds(3);

    // Limits how far back a query looks because of a long transaction, so that the query stays cheap.
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    // A known person rarely gets another profile, so that is checked in every tenth pass only. Unknown people are
    // looked up in every pass.
    const int PassesBetweenLooks = 10;

    readonly ConcurrentDictionary<PositionSubscription, byte> watches = new();
    readonly ConcurrentDictionary<(Guid SiteId, Guid ProfileId), ConcurrentDictionary<PositionSubscription, byte>> known = new();
    int passes;
    long? lookedAt;

    // The transactions that were open at the last query, each with the time of the query before it began, because its
    // changes may be stamped from then on. Null when nobody was watched.
    Dictionary<OpenTransaction, long>? running;

    /// <summary>Subscribes to changes of a person's position until the subscription is disposed.</summary>
    public PositionSubscription Subscribe(PersonKey person)
    {
        var watch = new PositionSubscription(person, End);
        watches[watch] = 0;
        return watch;
    }

    /// <summary>Sets the profile of the watched person; null while the person is unknown.</summary>
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

    /// <summary>Notifies the subscriptions of a person whose position may have changed.</summary>
    public void Notify(Guid siteId, Guid profileId)
    {
        if (!known.TryGetValue((siteId, profileId), out var watching))
            return;
        foreach (var watch in watching.Keys)
            watch.Ring();
    }

    /// <summary>
    /// Notifies the subscriptions of people whose enrollments, or the status of whose journeys, changed since the last
    /// query. A subscriber whose position is the same sends nothing.
    /// </summary>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var ids = known.Keys.ToArray();
        var now = time.GetTimestamp();
        if (ids.Length > 0)
        {
            // Lists the open transactions before the changes: the changes of a transaction that has ended by now are
            // visible below.
            var open = await queries.ListOpenTransactionsAsync(ct);
            // Looks back further after queries that failed, and for transactions that were open during the last one.
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

    // Notifies subscriptions of people who were unknown and are known now, and of visitors who were stitched to a user.
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

    // Runs under the lock, because otherwise another thread could add a subscription to an entry that is being removed.
    void Forget(PositionSubscription watch)
    {
        if (watch.ProfileId is not { } id || !known.TryGetValue((watch.Person.SiteId, id), out var watching))
            return;

        watching.TryRemove(watch, out _);
        if (watching.IsEmpty)
            known.TryRemove((watch.Person.SiteId, id), out _);
    }
}

/// <summary>One subscription. Dispose it to unsubscribe.</summary>
public sealed class PositionSubscription(PersonKey person, Action<PositionSubscription> end) : IDisposable
{
    readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The person who is watched.</summary>
    public PersonKey Person => person;

    /// <summary>The profile of the person; null while the person is unknown.</summary>
    public Guid? ProfileId => KnownAs?.ProfileId;

    internal KnownAs? KnownAs { get; set; }

    /// <summary>Waits for a notification, at most `limit`. Returns false on timeout.</summary>
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

/// <summary>The profile of a known person.</summary>
/// <param name="UserId">Empty for a visitor.</param>
public sealed record KnownAs(Guid ProfileId, string UserId);
