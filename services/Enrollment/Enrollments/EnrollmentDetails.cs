using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments;

/// <summary>An enrollment with what it waits for.</summary>
public sealed class EnrollmentDetails(EnrollmentQueries queries, JourneyCatalog catalog)
{
    public async Task<Proto.Enrollment> OfAsync(EnrollmentRow row, CancellationToken ct)
    {
        var (compiled, _) = await catalog.VersionAsync(row.SiteId, row.JourneyId, row.Version, ct);
        var held = row.HasHeld ? await queries.CountHeldAsync(row.SiteId, row.EnrollmentId, ct) : 0;

        var enrollment = row.ToProto();
        enrollment.Waiting = row.ToWaiting(compiled, held);
        return enrollment;
    }
}
