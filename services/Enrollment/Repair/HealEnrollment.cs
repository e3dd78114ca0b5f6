using Journeys.Enrollments.Enrollments;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>
/// Repairs an enrollment that is behind its history, because an earlier release stored visits without the state that
/// belongs to them.
/// </summary>
public sealed class HealEnrollment(EnrollmentLoader loader, EnrollmentWriter writer, ILogger<HealEnrollment> logger)
{
    /// <summary>Moves a locked enrollment to its last visit. Returns true if it was behind.</summary>
    public async Task<bool> HandleAsync(NpgsqlTransaction transaction, LockedRows locked, CancellationToken ct)
    {
        if (locked.Rows is not [var row])
            return false;
        var last = await EnrollmentStore.FindLastVisitAsync(transaction, row.SiteId, row.EnrollmentId, ct);
        if (last is null || last.VisitNo <= row.VisitNo)
            return false;

        var enrollment = (await loader.LoadAsync(transaction, locked.Rows, ct))[0];
        enrollment.CatchUpWith(last);
        // Its visits were counted when they were stored.
        await writer.SaveAsync(transaction, [enrollment], ct);
        logger.LogWarning(
            "Enrollment {EnrollmentId} of site {SiteId} was at visit {VisitNo} while its history ends with {LastVisitNo}; it was repaired",
            row.EnrollmentId, row.SiteId, row.VisitNo, last.VisitNo);
        return true;
    }
}
