using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.RowFaults;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>Finds out which of several enrollments make what is done for all of them fail, and sets those aside.</summary>
public sealed class SetFaultyAside(NpgsqlDataSource source, AdvanceEnrollments advance, SetAside aside, RetryEnrollment retry)
{
    /// <summary>Tries signals on each enrollment, moving none, and sets those aside that fail. True when there are any.</summary>
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
                // One that is only behind its history is put right at once.
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
        // Rolled back, whatever becomes of it.
        await using var transaction = await source.BeginAsync(connection, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [siteId], [enrollmentId], ct);
        await advance.ApplyAsync(transaction, locked, _ => signals, ct);
    }
}
