using System.Collections.Immutable;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Progression;

/// <summary>The journeys that a call may enter its person in.</summary>
/// <param name="Any">Whether the person may enter any journey.</param>
/// <param name="Apart">Whether each journey is tried with a budget of its own and named in a failure, because the call
/// failed with all of them together.</param>
/// <param name="LeftOut">The journeys that failed and are not tried again.</param>
public sealed record MayEnter(bool Any, bool Apart, ImmutableHashSet<Guid> LeftOut)
{
    public static readonly MayEnter None = new(Any: false, Apart: false, []);

    public static readonly MayEnter All = None with { Any = true };

    /// <summary>Runs a part of the entry into one journey.</summary>
    /// <exception cref="EntryFailed">The work failed, and <see cref="Apart"/> asks for the journey to be
    /// named.</exception>
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

/// <summary>Entering a journey failed for a person.</summary>
public sealed class EntryFailed(Guid journeyId, Exception failure) : Exception($"Journey {journeyId} cannot be entered.", failure)
{
    public Guid JourneyId { get; } = journeyId;

    /// <summary>The cause.</summary>
    public Exception Failure => InnerException!;
}
