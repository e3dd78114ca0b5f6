namespace Journeys.Enrollments.RowFaults;

/// <summary>Counts for one message how many people of each site took too long, so that the rest of such a site makes way for others.</summary>
public sealed class SlowSites
{
    /// <summary>After so many people who took too long the rest of their site is put off.</summary>
    public const int Most = 20;

    readonly Dictionary<Guid, int> slow = [];

    /// <summary>Notes one who took too long.</summary>
    public void Note(Guid siteId) => slow[siteId] = slow.GetValueOrDefault(siteId) + 1;

    /// <summary>Whether the rest of the site is put off.</summary>
    public bool Has(Guid siteId) => slow.GetValueOrDefault(siteId) >= Most;
}
