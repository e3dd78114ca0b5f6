using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Sdk;

/// <summary>Where one person stands.</summary>
public sealed class Positions(EnrollmentQueries queries, JourneyCatalog catalog, TimeProvider time)
{
    static readonly TimeSpan ShowsEnded = TimeSpan.FromDays(30);

    /// <summary>The newest attempt in each journey, newest first; ended ones of the last 30 days included.</summary>
    public async Task<IReadOnlyList<Proto.Position>> OfAsync(Guid siteId, Guid profileId, CancellationToken ct)
    {
        var rows = await queries.ListOfPersonAsync(siteId, profileId, time.GetUtcNow() - ShowsEnded, ct);
        return await ToProtoAsync(rows, ct);
    }

    /// <summary>Rows as positions.</summary>
    public async Task<IReadOnlyList<Proto.Position>> ToProtoAsync(IEnumerable<EnrollmentRow> rows, CancellationToken ct)
    {
        var positions = new List<Proto.Position>();
        foreach (var row in rows)
        {
            // One version that cannot be read must not hide where else the person stands.
            var (compiled, name) = await catalog.ReadableVersionAsync(row.SiteId, row.JourneyId, row.Version, ct);
            positions.Add(new Proto.Position
            {
                JourneyId = row.JourneyId.ToString(),
                JourneyName = name,
                Enrollment = row.ToProto(),
                Step = row.ToStep(compiled),
                StepsDone = row.StepsDone,
            });
        }

        return positions;
    }
}
