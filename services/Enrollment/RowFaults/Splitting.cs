using Journeys.BuildingBlocks.Failures;

namespace Journeys.Enrollments.RowFaults;

/// <summary>Does work for many items at once. If one of them makes it fail, splits the work until that item fails alone.</summary>
public static class Splitting
{
    /// <summary>Number of timed-out parts, before any success, at which the database is considered slow. Fewer can be caused by locks.</summary>
    public const int MostSlow = 10;

    /// <summary>
    /// Does the work in as few parts as possible: all at once, then each site, then halves. After a timeout, a site is
    /// processed item by item.
    /// </summary>
    /// <param name="items">The items to work on.</param>
    /// <param name="siteOf">Returns the site of an item. Parts that failed are retried after the others, so that no
    /// site waits for the fault of another.</param>
    /// <param name="work">The work; it must do all or nothing for the part it is given.</param>
    /// <param name="giveUp">Handles an item that fails alone. For an item that timed out it throws if the database is
    /// the cause and not the item.</param>
    /// <param name="slow">If given, the rest of a site is deferred after too many of its items timed out.</param>
    /// <exception cref="PutOff">The rest of a site was deferred. All others are done.</exception>
    /// <exception cref="Exception">Some items could be neither done nor given up, because they or the database are too
    /// slow. The rest is done.</exception>
    public static async Task<IReadOnlyList<TResult>> RunAsync<TItem, TResult>(
        IReadOnlyList<TItem> items, Func<TItem, Guid> siteOf, Func<IReadOnlyList<TItem>, Task<TResult>> work, Func<TItem, Exception, Task> giveUp,
        SlowPeople? slow = null)
    {
        var results = new List<TResult>();
        var parts = new Queue<IReadOnlyList<TItem>>(
            items.GroupBy(item => slow is not null && slow.IsLast(siteOf(item))).OrderBy(part => part.Key).Select(part => part.ToList()));
        var (tooLong, givenUp) = (0, 0);
        Exception? undone = null;
        while (parts.TryDequeue(out var next))
        {
            var part = next;
            if (slow is not null && next.Any(item => slow.Has(siteOf(item))))
            {
                undone = new PutOff("After people who took too long the rest of their site is put off.");
                part = [.. next.Where(item => !slow.Has(siteOf(item)))];
                if (part.Count == 0)
                    continue;
            }

            try
            {
                results.Add(await work(part));
                continue;
            }
            catch (Exception exception) when (RowFault.Is(exception) || RowFault.TookTooLong(exception))
            {
                var isSlow = RowFault.TookTooLong(exception);
                if (isSlow && ++tooLong >= MostSlow && results.Count + givenUp == 0)
                    throw RowFault.ToTryAgain(exception);
                if (part.Count > 1)
                {
                    foreach (var fewer in Parts(part, siteOf, isSlow))
                        parts.Enqueue(fewer);
                    continue;
                }

                try
                {
                    await giveUp(part[0], exception);
                    givenUp++;
                    if (isSlow)
                        slow?.Note(siteOf(part[0]));
                }
                catch (Exception failure) when (isSlow && RowFault.TookTooLong(failure))
                {
                    undone ??= failure;
                }
            }
        }

        return undone is null ? results : throw undone;
    }

    static IEnumerable<IReadOnlyList<TItem>> Parts<TItem>(IReadOnlyList<TItem> items, Func<TItem, Guid> siteOf, bool isSlow)
    {
        var sites = items.GroupBy(siteOf).ToList();
        return sites.Count > 1 ? sites.Select(site => site.ToList()) : items.Chunk(isSlow ? 1 : (items.Count + 1) / 2);
    }
}
