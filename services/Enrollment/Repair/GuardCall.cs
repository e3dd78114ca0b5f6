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

/// <summary>
/// Lets calls succeed although one of the person's enrollments, or one of the journeys they may enter, is broken.
/// </summary>
public sealed class GuardCall(
    SetFaultyAside faulty, SetAside aside, RetryEnrollment retry, EnrollmentQueries queries, JourneyCatalog catalog, DatabasePace pace,
    IMeterFactory meters, ILogger<GuardCall> logger)
{
    // Each journey that is left out costs another try of the whole call.
    const int MostLeftOut = 10;

    // Limits the journeys whose rules each take the database seconds, because the caller waits for them.
    const int MostSlow = 2;

    readonly Counter<int> failures = meters.Create(Telemetry.MeterName).CreateCounter<int>(
        "journeys.entries.failed", description: "Entries into a journey that failed and were left out of a call");

    /// <summary>
    /// Runs a call of one person. If one of their enrollments causes a failure, sets it aside and runs the call again.
    /// If a journey that they would enter causes it, runs the call without that journey.
    /// </summary>
    /// <param name="person">The caller.</param>
    /// <param name="signals">The signals that the call sends to each of the person's enrollments.</param>
    /// <param name="mayEnter">The journeys that the person may enter by the call.</param>
    /// <param name="call">The call; it must do all or nothing.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="DatabaseSlow">Rules timed out, and the database is slow for everybody.</exception>
    public async Task<T> HandleAsync<T>(
        PersonKey person, IReadOnlyList<Signal> signals, MayEnter mayEnter, Func<MayEnter, Task<T>> call, CancellationToken ct)
    {
        var attempt = new Attempt(mayEnter, IsReadAnew: false, IsLookedThrough: false, AllAside: []);
        while (true)
        {
            try
            {
                return await call(attempt.MayEnter);
            }
            catch (NotYet) when (!attempt.IsReadAnew)
            {
                // A journey was archived and published again after the catalog was read.
                attempt = attempt with { IsReadAnew = true };
                await catalog.NowAsync(person.SiteId, ct);
            }
            catch (EntryFailed failed)
            {
                await pace.RefuseIfSlowAsync(person.SiteId, failed.Failure, ct);
                attempt = attempt with { MayEnter = LeaveOut(person, failed, attempt.MayEnter) };
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                await pace.RefuseIfSlowAsync(person.SiteId, failure, ct);
                if (await FindBlameAsync(person, signals, attempt, failure, ct) is { } next)
                    attempt = next;
                else
                    throw;
            }
        }
    }

    MayEnter LeaveOut(PersonKey person, EntryFailed failed, MayEnter mayEnter)
    {
        failures.Add(1);
        logger.LogError(
            failed.Failure, "A person of site {SiteId} cannot enter journey {JourneyId}, so this call leaves it out: {Cause}",
            person.SiteId, failed.JourneyId, RowFault.Describe(failed.Failure));
        var most = failed.Failure is RulesTooCostly { InDatabase: not null } ? MostSlow : MostLeftOut;
        return mayEnter with { LeftOut = mayEnter.LeftOut.Add(failed.JourneyId), Any = mayEnter.LeftOut.Count + 1 < most };
    }

    // Tries each enrollment first, then each entry on its own, then the call with all enrollments set aside. Returns
    // how to run the call next; null when nothing is left to try.
    async Task<Attempt?> FindBlameAsync(PersonKey person, IReadOnlyList<Signal> signals, Attempt attempt, Exception failure, CancellationToken ct)
    {
        if (!attempt.IsLookedThrough)
        {
            attempt = attempt with { IsLookedThrough = true };
            if (await faulty.HandleAsync(person.SiteId, await queries.ListActiveIdsAsync(person, ct), signals, ct))
                return attempt;
        }

        if (!attempt.MayEnter.Apart && attempt.MayEnter.Any)
            return attempt with { MayEnter = attempt.MayEnter with { Apart = true } };
        if (attempt.AllAside.Count == 0)
            return await SetAllAsideAsync(person, failure, ct) is { Count: > 0 } all ? attempt with { AllAside = all } : null;

        // The call failed with all of them set aside too, so none of them is the cause.
        foreach (var enrollmentId in attempt.AllAside)
            await retry.HandleAsync(person.SiteId, enrollmentId, [], ct);
        return null;
    }

    // Only the data that the call stores exposes the fault, which may be in any of the enrollments. After the call has
    // stored it, each enrollment is retried alone, and only the broken one stays aside.
    async Task<IReadOnlyList<Guid>> SetAllAsideAsync(PersonKey person, Exception failure, CancellationToken ct)
    {
        var active = await queries.ListActiveIdsAsync(person, ct);
        foreach (var enrollmentId in active)
            await aside.NoteAsync(person.SiteId, enrollmentId, [], failure, ct);
        return active;
    }

    /// <param name="MayEnter">The journeys that the person may enter by it.</param>
    /// <param name="IsReadAnew">Whether journeys were read again for it.</param>
    /// <param name="IsLookedThrough">Whether each of the person's enrollments was tried alone.</param>
    /// <param name="AllAside">The enrollments that were set aside together, because none of them failed alone.</param>
    sealed record Attempt(MayEnter MayEnter, bool IsReadAnew, bool IsLookedThrough, IReadOnlyList<Guid> AllAside);
}
