using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>Tries to move what was set aside, each on its own and less and less often, and puts right what is behind its history.</summary>
public sealed class RetrySetAside(
    NpgsqlDataSource source, SetAsideStore store, SetAside aside, AdvanceEnrollments advance, AfterCommit after, HealEnrollment heal, EnrollmentQueries queries,
    ILogger<RetrySetAside> logger)
    : IChore
{
    const int Batch = 100;
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        foreach (var row in await store.ListDueAsync(Batch, ct))
            await TryAsync(row.SiteId, row.EnrollmentId, ct);
        return Interval;
    }

    /// <summary>Tries one now. True when it moves again or has ended.</summary>
    public async Task<bool> TryAsync(Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        try
        {
            var enrollments = await source.InTransactionAsync(transaction => MoveAsync(transaction, siteId, enrollmentId, ct), ct);
            after.Announce(enrollments);
            logger.LogInformation("Enrollment {EnrollmentId} of site {SiteId} is no longer set aside", enrollmentId, siteId);
            return true;
        }
        catch (Exception failure) when (RowFault.Is(failure))
        {
            await aside.NoteAsync(siteId, enrollmentId, [], failure, ct);
            return false;
        }
    }

    /// <summary>Makes a call of one person. Where one of their enrollments is to blame for a failure, sets it aside and makes the call again.</summary>
    /// <param name="person">Who calls.</param>
    /// <param name="signals">What the call means for each of the person's enrollments.</param>
    /// <param name="letsIn">Whether the call may let the person into journeys. Where that fails, the rest is done without.</param>
    /// <param name="call">All or nothing.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<T> CallAsync<T>(
        PersonKey person, IReadOnlyList<Signal> signals, bool letsIn, Func<bool, Task<T>> call, CancellationToken ct)
    {
        try
        {
            return await call(letsIn);
        }
        catch (Exception failure) when (RowFault.Is(failure))
        {
            if (!await PartAsync(person.SiteId, await queries.ListActiveIdsAsync(person, ct), signals, ct))
            {
                if (!letsIn)
                    throw;
                logger.LogError(failure, "A person of site {SiteId} cannot be enrolled in one of the journeys, so this call enrolls them in none", person.SiteId);
                letsIn = false;
            }
        }

        return await call(letsIn);
    }

    /// <summary>Finds out which of these enrollments cannot be moved by signals, moving none, and sets those aside. True when there are any.</summary>
    public async Task<bool> PartAsync(Guid siteId, IReadOnlyCollection<Guid> enrollmentIds, IReadOnlyList<Signal> signals, CancellationToken ct)
    {
        var found = false;
        foreach (var enrollmentId in enrollmentIds)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                // Rolled back, whatever becomes of it.
                await using var transaction = await connection.BeginTransactionAsync(ct);
                var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
                await advance.ApplyAsync(transaction, locked, _ => signals, ct);
            }
            catch (Exception failure) when (RowFault.Is(failure))
            {
                await aside.NoteAsync(siteId, enrollmentId, [], failure, ct);
                // One that is only behind its history is put right at once.
                await TryAsync(siteId, enrollmentId, ct);
                found = true;
            }
        }

        return found;
    }

    async Task<IReadOnlyList<Enrollment>> MoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid enrollmentId, CancellationToken ct)
    {
        await SetAsideStore.RemoveAsync(transaction, siteId, enrollmentId, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        if (await heal.HandleAsync(transaction, locked, ct))
            locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        // A timer that is too early changes nothing and is asked for again, so that it is not lost.
        return await advance.ApplyAsync(
            transaction, locked, row => row.WakeAt is null ? [] : [new Signal.TimerElapsed(row.VisitNo)], ct);
    }
}
