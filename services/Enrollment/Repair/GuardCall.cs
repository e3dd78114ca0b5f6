using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;

namespace Journeys.Enrollments.Repair;

/// <summary>Makes calls of people succeed although one of their enrollments, or of the journeys they may enter, is broken.</summary>
public sealed class GuardCall(SetFaultyAside faulty, EnrollmentQueries queries, ILogger<GuardCall> logger)
{
    /// <summary>Makes a call of one person. Where one of their enrollments is to blame for a failure, sets it aside and makes the call again.</summary>
    /// <param name="person">Who calls.</param>
    /// <param name="signals">What the call means for each of the person's enrollments.</param>
    /// <param name="mayEnter">Whether the person may enter journeys by the call. Where that fails, the rest is done without.</param>
    /// <param name="call">All or nothing.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<T> HandleAsync<T>(
        PersonKey person, IReadOnlyList<Signal> signals, bool mayEnter, Func<bool, Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call(mayEnter);
        }
        catch (Exception failure) when (RowFault.Is(failure))
        {
            if (!await faulty.HandleAsync(person.SiteId, await queries.ListActiveIdsAsync(person, ct), signals, ct))
            {
                if (!mayEnter)
                    throw;
                logger.LogError(
                    failure, "A person of site {SiteId} cannot be enrolled in one of the journeys, so this call enrolls them in none", person.SiteId);
                mayEnter = false;
            }
        }

        return await call(mayEnter);
    }
}
