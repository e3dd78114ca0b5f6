using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Sdk;

/// <summary>Reads the positions of one person.</summary>
public sealed class Positions(EnrollmentQueries queries, JourneyCatalog catalog, TimeProvider time)
{
    static readonly TimeSpan ShowsEnded = TimeSpan.FromDays(30);

    /// <summary>
    /// Returns the latest attempt in each journey, newest first, including those that ended in the last 30 days.
    /// </summary>
    public async Task<IReadOnlyList<Proto.Position>> OfAsync(Guid siteId, Guid profileId, CancellationToken ct)
    {
        var rows = await queries.ListOfPersonAsync(siteId, profileId, time.GetUtcNow() - ShowsEnded, ct);
        return await ToProtoAsync(rows, ct);
    }

    /// <summary>Returns a person as a call finds them, with the enrollments of which positions are shown; null when unknown.</summary>
    public Task<FoundPerson?> FindAsync(PersonKey person, CancellationToken ct) =>
        queries.FindPersonAsync(person, time.GetUtcNow() - ShowsEnded, ct);

    /// <summary>Returns the positions of a person whose latest attempts were read.</summary>
    public Task<IReadOnlyList<Proto.Position>> OfAsync(IReadOnlyList<EnrollmentRow> latest, CancellationToken ct)
    {
        var endedSince = time.GetUtcNow() - ShowsEnded;
        return ToProtoAsync(latest.Where(row => row.EndedAt is null || row.EndedAt >= endedSince), ct);
    }

    /// <summary>Maps enrollments to positions.</summary>
    public async Task<IReadOnlyList<Proto.Position>> ToProtoAsync(IEnumerable<EnrollmentRow> rows, CancellationToken ct)
    {
        var positions = new List<Proto.Position>();
        foreach (var row in rows)
        {
            // An unreadable version must not hide the person's other positions.
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
