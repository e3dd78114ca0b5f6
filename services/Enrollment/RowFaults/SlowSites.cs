using System.Collections.Concurrent;

namespace Journeys.Enrollments.RowFaults;

/// <summary>Remembers for a minute which sites have many slow people, so that their work is deferred in favor of others.</summary>
public sealed class SlowSites(TimeProvider time)
{
    /// <summary>Number of slow people after which the rest of their site is deferred.</summary>
    public const int Most = 20;

    /// <summary>
    /// The time for which a site stays marked as slow. After that, again <see cref="Most"/> of its people are tried.
    /// </summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<Guid, (int Count, DateTimeOffset Until)> slow = new();

    /// <summary>Starts counting for one message, or for other work on several sites.</summary>
    public SlowPeople Begin() => new(this);

    /// <summary>Whether at least <see cref="Most"/> people of the site timed out recently.</summary>
    public bool Remembers(Guid siteId) => slow.TryGetValue(siteId, out var site) && site.Count >= Most && time.GetUtcNow() < site.Until;

    internal void Note(Guid siteId)
    {
        var now = time.GetUtcNow();
        // Keeps the end of the minute once the maximum is reached, because otherwise the rest of the site could be
        // deferred forever.
        slow.AddOrUpdate(
            siteId, (1, now + Memory),
            (_, site) => now >= site.Until ? (1, now + Memory) : (site.Count + 1, site.Count < Most ? now + Memory : site.Until));
    }
}

/// <summary>Counts the sites whose people timed out in one message.</summary>
public sealed class SlowPeople(SlowSites sites)
{
    readonly HashSet<Guid> found = [];

    /// <summary>Records a person who timed out.</summary>
    public void Note(Guid siteId)
    {
        found.Add(siteId);
        sites.Note(siteId);
    }

    /// <summary>Whether the site is slow, so that all others are processed before it.</summary>
    public bool IsLast(Guid siteId) => sites.Remembers(siteId);

    /// <summary>
    /// Whether the rest of the site is deferred. False until one of its people has timed out in this message, so that
    /// every message makes progress.
    /// </summary>
    public bool Has(Guid siteId) => found.Contains(siteId) && sites.Remembers(siteId);
}
