using System.Collections.Immutable;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Progression;

/// <summary>Which journeys a person may enter by a call.</summary>
/// <param name="Any">Whether they may enter any.</param>
/// <param name="Apart">Whether each has an effort of its own and a failure names it, because the call failed with all of them together.</param>
/// <param name="LeftOut">Those that failed.</param>
public sealed record MayEnter(bool Any, bool Apart, ImmutableHashSet<Guid> LeftOut)
{
    /// <summary>None.</summary>
    public static readonly MayEnter None = new(Any: false, Apart: false, []);

    /// <summary>All.</summary>
    public static readonly MayEnter All = None with { Any = true };

    /// <summary>Does what belongs to the entry into one journey.</summary>
    /// <exception cref="EntryFailed">It fails, and the journey is to be named.</exception>
    public async Task<T> TryAsync<T>(Guid journeyId, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (Apart && RowFault.Is(failure))
        {
            throw new EntryFailed(journeyId, failure);
        }
    }

    /// <inheritdoc cref="TryAsync{T}"/>
    public Task TryAsync(Guid journeyId, Func<Task> work) => TryAsync(
        journeyId,
        async () =>
        {
            await work();
            return true;
        });
}

/// <summary>A person cannot enter a journey.</summary>
public sealed class EntryFailed(Guid journeyId, Exception failure) : Exception($"Journey {journeyId} cannot be entered.", failure)
{
    /// <summary>The journey.</summary>
    public Guid JourneyId { get; } = journeyId;

    /// <summary>Why.</summary>
    public Exception Failure => InnerException!;
}
