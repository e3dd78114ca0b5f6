using Journeys.BuildingBlocks.Failures;

namespace Journeys.Enrollments.RowFaults;

/// <summary>Does work for many items at once. If one of them makes it fail, splits the work until that item fails alone.</summary>
public static class Splitting
{
    /// <summary>Number of timed-out parts, before any success, at which the database is considered slow. Fewer can be caused by locks.</summary>
    public const int MostSlow = 10;

    /// <summary>Does the work in as few parts as possible: all at once, then each site, then halves. What takes too long is done one by one after its site.</summary>
    /// <param name="items">What the work is for.</param>
    /// <param name="siteOf">Sites are parted first, and what is sound is done first, so that no site waits for another's fault.</param>
    /// <param name="work">All or nothing for the part it is given.</param>
    /// <param name="giveUp">Takes what fails alone. Of what takes too long it throws if the database is to blame and not the item.</param>
    /// <param name="slow">Where given, the rest of a site is put off after too many of it were given up because they take too long.</param>
    /// <exception cref="PutOff">The rest of a site was put off. All others are done.</exception>
    /// <exception cref="Exception">Some items could be neither done nor given up, because they or everything takes too long. The rest is done.</exception>
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
