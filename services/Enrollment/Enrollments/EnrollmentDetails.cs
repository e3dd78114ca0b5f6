using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Enrollments.Journeys;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Adds to an enrollment what it waits for.</summary>
public sealed class EnrollmentDetails(EnrollmentQueries queries, SetAsideStore aside, JourneyCatalog catalog)
{
    public async Task<Proto.Enrollment> OfAsync(EnrollmentRow row, CancellationToken ct)
    {
        var held = row.HasHeld ? await queries.CountHeldAsync(row.SiteId, row.EnrollmentId, ct) : 0;

        var enrollment = row.ToProto();
        enrollment.Data = Json.ToStruct(row.Data);
        enrollment.Entry = Json.ToStruct(row.Entry);
        enrollment.Waiting = row.ToWaiting((await catalog.ReadableVersionAsync(row.SiteId, row.JourneyId, row.Version, ct)).Compiled, held);
        if (enrollment.Waiting is { } waiting && row.IsSetAside && await aside.FindAsync(row.SiteId, row.EnrollmentId, ct) is { } failure)
        {
            waiting.SetAside = failure.ToProto();
            waiting.Description = $"Could not be moved ({failure.Cause}). The next retry is at {RuleText.Describe(failure.NextTryAt)}. {waiting.Description}";
        }

        return enrollment;
    }
}
