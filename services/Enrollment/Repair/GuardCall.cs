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
    SetFaultyAside faulty, SetAside aside, RetryEnrollment retry, EnrollmentQueries queries, JourneyCatalog catalog, DatabasePace pace,
    IMeterFactory meters, ILogger<GuardCall> logger)
{
    // Each takes another try of the whole call.
    const int MostLeftOut = 10;

    // A caller does not wait for the rules of more journeys that each take the database seconds.
    const int MostSlow = 2;

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
    /// <exception cref="DatabaseSlow">Rules took the database too long, which is slow for everybody: nobody is to blame.</exception>
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
                // A journey was archived and published anew after it was read.
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
            failed.Failure, "A person of site {SiteId} cannot be let into journey {JourneyId}, so this call leaves it out: {Cause}",
            person.SiteId, failed.JourneyId, RowFault.Describe(failed.Failure));
        var most = failed.Failure is RulesTooCostly { InDatabase: not null } ? MostSlow : MostLeftOut;
        return mayEnter with { LeftOut = mayEnter.LeftOut.Add(failed.JourneyId), Any = mayEnter.LeftOut.Count + 1 < most };
    }

    // First it tries each enrollment, then each entry on its own, then the call with all enrollments set aside. Returns how to make the call next; null when
    // nothing is left to try.
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

        // None of them is to blame.
        foreach (var enrollmentId in attempt.AllAside)
            await retry.HandleAsync(person.SiteId, enrollmentId, [], ct);
        return null;
    }

    // What the call stores brings the fault out, in any of them. Once it is stored each is tried alone, and only who is to blame stays aside.
    async Task<IReadOnlyList<Guid>> SetAllAsideAsync(PersonKey person, Exception failure, CancellationToken ct)
    {
        var active = await queries.ListActiveIdsAsync(person, ct);
        foreach (var enrollmentId in active)
            await aside.NoteAsync(person.SiteId, enrollmentId, [], failure, ct);
        return active;
    }

    /// <param name="MayEnter">Which journeys the person may enter by it.</param>
    /// <param name="IsReadAnew">Whether journeys were read again for it.</param>
    /// <param name="IsLookedThrough">Whether each of the person's enrollments was tried alone.</param>
    /// <param name="AllAside">The enrollments that were set aside together, because none of them failed alone.</param>
    sealed record Attempt(MayEnter MayEnter, bool IsReadAnew, bool IsLookedThrough, IReadOnlyList<Guid> AllAside);
}
