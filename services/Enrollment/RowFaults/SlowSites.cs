using System.Collections.Concurrent;

namespace Journeys.Enrollments.RowFaults;

/// <summary>Remembers for a minute which sites have many slow people, so that their work is deferred in favor of others.</summary>
public sealed class SlowSites(TimeProvider time)
{
    /// <summary>Number of slow people after which the rest of their site is deferred.</summary>
    public const int Most = 20;

    /// <summary>How long a site stays marked as slow. After that, as many of its people are tried again.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<Guid, (int Count, DateTimeOffset Until)> slow = new();

    /// <summary>Begins a message, or other work for people of several sites.</summary>
    public SlowPeople Begin() => new(this);

    /// <summary>Whether so many of the site took too long a moment ago.</summary>
    public bool Remembers(Guid siteId) => slow.TryGetValue(siteId, out var site) && site.Count >= Most && time.GetUtcNow() < site.Until;

    internal void Note(Guid siteId)
    {
        var now = time.GetUtcNow();
        // Once there are as many, the minute is not made longer, so that the others of the site are not put off for ever.
        slow.AddOrUpdate(
            siteId, (1, now + Memory),
            (_, site) => now >= site.Until ? (1, now + Memory) : (site.Count + 1, site.Count < Most ? now + Memory : site.Until));
    }
}

/// <summary>Who took too long in one message, by site.</summary>
public sealed class SlowPeople(SlowSites sites)
{
    readonly HashSet<Guid> found = [];

    /// <summary>Notes one who took too long.</summary>
    public void Note(Guid siteId)
    {
        found.Add(siteId);
        sites.Note(siteId);
    }

    /// <summary>Whether the site makes way for others, who are done before it.</summary>
    public bool IsLast(Guid siteId) => sites.Remembers(siteId);

    /// <summary>Whether the rest of the site is put off. Of each site one goes ahead, so that every message gets on.</summary>
    public bool Has(Guid siteId) => found.Contains(siteId) && sites.Remembers(siteId);
}
