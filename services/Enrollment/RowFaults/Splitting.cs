namespace Journeys.Enrollments.RowFaults;

/// <summary>Does work for many at once. Where it fails because of one, does it for fewer and fewer, until the one to blame fails alone.</summary>
public static class Splitting
{
    /// <summary>Does the work in as few parts as possible: all at once, then each site, then halves.</summary>
    /// <param name="items">What the work is for.</param>
    /// <param name="siteOf">Sites are parted first, so that no site waits for another's fault.</param>
    /// <param name="work">All or nothing for the part it is given.</param>
    /// <param name="giveUp">Takes what fails alone.</param>
    public static async Task<IReadOnlyList<TResult>> RunAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, Func<TItem, Guid> siteOf, Func<IReadOnlyList<TItem>, Task<TResult>> work, Func<TItem, Exception, Task> giveUp)
    {
        if (items.Count == 0)
            return [];

        try
        {
            return [await work(items)];
        }
        catch (Exception exception) when (RowFault.Is(exception))
        {
            if (items is [var only])
            {
                await giveUp(only, exception);
                return [];
            }
        }

        var results = new List<TResult>();
        foreach (var part in Parts(items, siteOf))
            results.AddRange(await RunAsync(part, siteOf, work, giveUp));
        return results;
    }

    static IEnumerable<IReadOnlyList<TItem>> Parts<TItem>(IReadOnlyList<TItem> items, Func<TItem, Guid> siteOf)
    {
        var sites = items.GroupBy(siteOf).ToList();
        return sites.Count > 1 ? sites.Select(site => site.ToList()) : items.Chunk((items.Count + 1) / 2);
    }
}
