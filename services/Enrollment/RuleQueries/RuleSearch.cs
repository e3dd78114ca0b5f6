using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>Some of those whom a search found, by id.</summary>
/// <param name="Found">At most as many as asked for.</param>
/// <param name="Last">The last one that was looked at; null when nobody is behind it.</param>
/// <param name="TooSlow">Those who are left out because the rule takes too long for each of them alone.</param>
public sealed record FoundPart<T>(IReadOnlyList<T> Found, Guid? Last, IReadOnlyList<Guid> TooSlow);

/// <summary>Looks for those whom a rule matches part by part, among as many at once as can be asked in time.</summary>
/// <param name="options">How many it asks, and how long that may take.</param>
public sealed class RuleSearch(IOptions<AudienceOptions> options)
{
    // How many it asks after it took too long to ask more.
    const int SmallWindow = 500;

    // And how many one by one, after those took too long.
    const int MostAlone = 100;

    // When so many of them take too long, it is the rule.
    const int MostTooSlow = 3;

    /// <summary>What is searched.</summary>
    /// <param name="End">The last of as many behind an id, whether they match or not; null when fewer are left.</param>
    /// <param name="List">
    /// Those who match behind an id and not behind another, which may be null: in order, at most as many as asked for.
    /// </param>
    /// <param name="Hold">
    /// Holds those who were listed, as far as they still match, and names the first whom somebody else holds, if any.
    /// </param>
    public sealed record Searched<T>(
        Func<Guid, int, Task<Guid?>> End,
        Func<Guid, Guid?, int, Task<IReadOnlyList<Guid>>> List,
        Func<IReadOnlyList<Guid>, Task<Held<T>>> Hold);

    /// <summary>Those of a list who are held now.</summary>
    /// <param name="Found">Those before <paramref name="Busy"/>, or all where that is null.</param>
    /// <param name="Busy">The first whom somebody else holds.</param>
    public sealed record Held<T>(IReadOnlyList<T> Found, Guid? Busy = null);

    /// <summary>
    /// Looks for those behind an id; null when the rule takes too long for several alone. The part ends before the first whom
    /// somebody else holds: they are not waited for, because meanwhile those who were found would be kept from others, and the
    /// next part begins with them.
    /// </summary>
    /// <exception cref="NotYet">Somebody else holds the first.</exception>
    public async Task<FoundPart<T>?> FindAsync<T>(
        NpgsqlTransaction transaction, Searched<T> searched, Guid after, int limit, CancellationToken ct)
    {
        var part = await FindInTimeAsync(transaction, searched, after, limit, ct);
        return part is null || part.Last != after ? part : throw new NotYet("The first of those who are looked for is being changed.");
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

    // Ends where it began when somebody else holds the first.
    static async Task<FoundPart<T>> LookAsync<T>(Searched<T> searched, Guid after, Guid? upTo, int limit)
    {
        var listed = await searched.List(after, upTo, limit);
        var held = await searched.Hold(listed);
        var last = held.Busy is { } busy ? listed.TakeWhile(id => id != busy).LastOrDefault(after)
            : listed.Count == limit ? listed[^1]
            : upTo;
        return new(held.Found, last, []);
    }

    Task<(bool InTime, T? Result)> WithinAsync<T>(NpgsqlTransaction transaction, Func<Task<T>> work, CancellationToken ct) =>
        transaction.WithinAsync(TimeSpan.FromSeconds(options.Value.SweepTimeoutSeconds), work, ct);
}
