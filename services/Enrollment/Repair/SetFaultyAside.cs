using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>Finds which of several enrollments cause a failure of work for all of them, and sets those aside.</summary>
public sealed class SetFaultyAside(NpgsqlDataSource source, AdvanceEnrollments advance, SetAside aside, RetryEnrollment retry)
{
    /// <summary>
    /// Tries signals on each enrollment without moving it, and sets aside those that fail. Returns true if any failed.
    /// </summary>
    public async Task<bool> HandleAsync(
        Guid siteId, IReadOnlyCollection<Guid> enrollmentIds, IReadOnlyList<Signal> signals, CancellationToken ct)
    {
        var found = false;
        foreach (var enrollmentId in enrollmentIds)
        {
            try
            {
                await TryAsync(siteId, enrollmentId, signals, ct);
            }
            catch (Exception failure) when (RowFault.Is(failure) || RowFault.TookTooLong(failure))
            {
                await aside.NoteAsync(siteId, enrollmentId, [], failure, ct);
                // Retries at once, which repairs an enrollment that is only behind its history.
                if (!RowFault.TookTooLong(failure))
                    await retry.HandleAsync(siteId, enrollmentId, signals, ct);
                found = true;
            }
        }

        return found;
    }

    async Task TryAsync(Guid siteId, Guid enrollmentId, IReadOnlyList<Signal> signals, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        // Always rolled back.
        await using var transaction = await source.BeginAsync(connection, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        await advance.ApplyAsync(transaction, locked, _ => signals, ct);
    }
}
