using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>A part of the matches of a search, by id.</summary>
/// <param name="Found">The matches, at most the requested number.</param>
/// <param name="Last">The last id that was searched; null when none are left behind it.</param>
/// <param name="TooSlow">Those that are left out because the rule times out for each of them alone.</param>
public sealed record FoundPart<T>(IReadOnlyList<T> Found, Guid? Last, IReadOnlyList<Guid> TooSlow);

/// <summary>
/// Searches for those whom a rule matches, part by part, with windows small enough to finish in time.
/// </summary>
/// <param name="options">The size of the window, and its timeout.</param>
public sealed class RuleSearch(IOptions<AudienceOptions> options)
{
    // The window after a timeout of the larger one.
    const int SmallWindow = 500;

    // The number searched one by one, after a timeout of the small window.
    const int MostAlone = 100;

    // After this many timeouts of single people, the rule itself is the cause.
    const int MostTooSlow = 3;

    /// <summary>The set that is searched.</summary>
    /// <param name="End">Returns the last id of a window of this size behind an id, whether it matches or not; null
    /// when fewer are left.</param>
    /// <param name="List">
    /// Returns the matches behind an id, up to another id, which may be null: in order, at most the given number.
    /// </param>
    /// <param name="Hold">
    /// Locks the listed ones that still match, and returns the first that is locked already, if any.
    /// </param>
    public sealed record Searched<T>(
        Func<Guid, int, Task<Guid?>> End,
        Func<Guid, Guid?, int, Task<IReadOnlyList<Guid>>> List,
        Func<IReadOnlyList<Guid>, Task<Held<T>>> Hold);

    /// <summary>The listed ones that are locked by this transaction now.</summary>
    /// <param name="Found">Those before <paramref name="Busy"/>, or all if it is null.</param>
    /// <param name="Busy">The first that another transaction has locked.</param>
    public sealed record Held<T>(IReadOnlyList<T> Found, Guid? Busy = null);

    /// <summary>
    /// Searches behind an id. Returns null when the rule times out for several people alone. A part ends before the
    /// first match that another transaction has locked, and the next part begins there: waiting for that lock would
    /// keep those found so far locked.
    /// </summary>
    /// <exception cref="NotYet">Another transaction has locked the first match.</exception>
    public async Task<FoundPart<T>?> FindAsync<T>(
        NpgsqlTransaction transaction, Searched<T> searched, Guid after, int limit, CancellationToken ct)
    {
        var part = await FindInTimeAsync(transaction, searched, after, limit, ct);
        return part is null || part.Last != after ? part : throw new NotYet("The first match of the search is locked.");
    }

    async Task<FoundPart<T>?> FindInTimeAsync<T>(
        NpgsqlTransaction transaction, Searched<T> searched, Guid after, int limit, CancellationToken ct)
    {
        foreach (var window in new[] { options.Value.SweepWindow, SmallWindow })
        {
            if (await WithinAsync(transaction, () => searched.End(after, window), ct) is not (true, var upTo))
                return null;
            if (await WithinAsync(transaction, () => LookAsync(searched, after, upTo, limit), ct) is (true, { } part))
                return part;
        }

        return await FindOneByOneAsync(transaction, searched, after, limit, ct);
    }

    async Task<FoundPart<T>?> FindOneByOneAsync<T>(
        NpgsqlTransaction transaction, Searched<T> searched, Guid after, int limit, CancellationToken ct)
    {
        var (found, tooSlow) = (new List<T>(), new List<Guid>());
        for (var asked = 0; asked < MostAlone && found.Count < limit; asked++)
        {
            if (await searched.End(after, 1) is not { } next)
                return new(found, null, tooSlow);
            if (await WithinAsync(transaction, () => LookAsync(searched, after, next, 1), ct) is not (true, { } part))
                tooSlow.Add(next);
            else if (part.Last == after)
                break;
            else
                found.AddRange(part.Found);
            if (tooSlow.Count == MostTooSlow)
                return null;
            after = next;
        }

        return new(found, after, tooSlow);
    }

    // Returns `after` as the last id if another transaction has locked the first match.
    static async Task<FoundPart<T>> LookAsync<T>(Searched<T> searched, Guid after, Guid? upTo, int limit)
    {
        var listed = await searched.List(after, upTo, limit);
        var held = await searched.Hold(listed);
        var last = held.Busy is { } busy ? listed.TakeWhile(id => id != busy).LastOrDefault(after)
            : listed.Count == limit ? listed[^1]
            : upTo;
        return new(held.Found, last, []);
    }

    Task<(bool InTime, T? Result)> WithinAsync<T>(NpgsqlTransaction transaction, Func<Task<T>> work, CancellationToken ct)
    {
        var limit = TimeSpan.FromSeconds(options.Value.SweepTimeoutSeconds);
        return transaction.WithinAsync(limit, work, ct, EventTimes.LongestWait(limit));
    }
}
