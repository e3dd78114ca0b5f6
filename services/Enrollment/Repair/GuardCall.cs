using System.Diagnostics.Metrics;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;

namespace Journeys.Enrollments.Repair;

/// <summary>Makes calls of people succeed although one of their enrollments, or of the journeys they may enter, is broken.</summary>
public sealed class GuardCall(
    SetFaultyAside faulty, SetAside aside, RetryEnrollment retry, EnrollmentQueries queries, JourneyCatalog catalog, IMeterFactory meters,
    ILogger<GuardCall> logger)
{
    // Each takes another try of the whole call.
    const int MostLeftOut = 10;

    readonly Counter<int> failures = meters.Create(Telemetry.MeterName).CreateCounter<int>(
        "journeys.entries.failed", description: "Times that somebody was not let into a journey because that failed");

    /// <summary>
    /// Makes a call of one person. Where one of their enrollments is to blame for a failure, sets it aside and makes the call again; where it is a
    /// journey that they would enter, leaves that one out.
    /// </summary>
    /// <param name="person">Who calls.</param>
    /// <param name="signals">What the call means for each of the person's enrollments.</param>
    /// <param name="mayEnter">Which journeys the person may enter by the call.</param>
    /// <param name="call">All or nothing.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<T> HandleAsync<T>(
        PersonKey person, IReadOnlyList<Signal> signals, MayEnter mayEnter, Func<MayEnter, Task<T>> call, CancellationToken ct)
    {
        var (isLookedThrough, isReadAnew) = (false, false);
        IReadOnlyList<Guid> allAside = [];
        while (true)
        {
            try
            {
                return await call(mayEnter);
            }
            catch (NotYet) when (!isReadAnew)
            {
                // A journey was archived and published anew after it was read.
                isReadAnew = true;
                await catalog.NowAsync(person.SiteId, ct);
            }
            catch (EntryFailed failed)
            {
                failures.Add(1);
                logger.LogError(
                    failed.Failure, "A person of site {SiteId} cannot be let into journey {JourneyId}, so this call leaves it out: {Cause}",
                    person.SiteId, failed.JourneyId, RowFault.Describe(failed.Failure));
                mayEnter = mayEnter with { LeftOut = mayEnter.LeftOut.Add(failed.JourneyId), Any = mayEnter.LeftOut.Count + 1 < MostLeftOut };
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                var isFound = !isLookedThrough
                    && await faulty.HandleAsync(person.SiteId, await queries.ListActiveIdsAsync(person, ct), signals, ct);
                isLookedThrough = true;
                if (isFound)
                    continue;
                if (!mayEnter.Apart && mayEnter.Any)
                {
                    mayEnter = mayEnter with { Apart = true };
                    continue;
                }

                if (failure is RulesTooCostly { InDatabase: { } slow })
                    throw slow;

                // None of them is to blame.
                foreach (var enrollmentId in allAside)
                    await retry.HandleAsync(person.SiteId, enrollmentId, [], ct);
                if (allAside.Count > 0)
                    throw;

                allAside = await SetAllAsideAsync(person, failure, ct);
                if (allAside.Count == 0)
                    throw;
            }
        }
    }

    // What the call stores brings the fault out, in any of them. Once it is stored each is tried alone, and only who is to blame stays aside.
    async Task<IReadOnlyList<Guid>> SetAllAsideAsync(PersonKey person, Exception failure, CancellationToken ct)
    {
        var active = await queries.ListActiveIdsAsync(person, ct);
        foreach (var enrollmentId in active)
            await aside.NoteAsync(person.SiteId, enrollmentId, [], failure, ct);
        return active;
    }
}
