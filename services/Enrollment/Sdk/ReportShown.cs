using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>A report of a page that the content of a visit appeared, or why it did not.</summary>
/// <param name="Person">The person.</param>
/// <param name="JourneyId">The journey.</param>
/// <param name="NodeId">The node of the content.</param>
/// <param name="VisitNo">The number of the visit.</param>
/// <param name="EnrollmentId">The attempt; null if the caller does not name it.</param>
/// <param name="NotShown">Why it did not appear; empty if it did.</param>
public sealed record Sighting(PersonKey Person, Guid JourneyId, string NodeId, int VisitNo, Guid? EnrollmentId, string NotShown);

/// <summary>Records which content people saw. Moves nobody, and late or repeated reports change nothing.</summary>
public sealed class ReportShown(NpgsqlDataSource source, JourneyCatalog catalog, Clock clock)
{
    /// <summary>
    /// Returns whether the report was new. Content that appeared once counts as shown, whatever is reported later.
    /// </summary>
    /// <exception cref="NotFound">The person has no enrollment in the journey.</exception>
    public Task<bool> HandleAsync(Sighting sighting, CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            var locked = await EnrollmentStore.LockLatestOfAsync(transaction, sighting.Person, sighting.JourneyId, ct);
            if (locked.Rows is not [var row])
                throw new NotFound("enrollment", $"of {sighting.Person.FirstId} in journey {sighting.JourneyId}");
            if (sighting.EnrollmentId is { } meant && meant != row.EnrollmentId)
                return false;
            // Only content can appear, but a page may name a node of another kind.
            if ((await catalog.ReadableVersionAsync(row.SiteId, row.JourneyId, row.Version, ct)).Compiled.Find(sighting.NodeId) is not ContentNode)
                return false;

            var tally = new Tally();
            if (sighting.NotShown.Length > 0)
            {
                if (!await VisitStore.MissAsync(transaction, row, sighting.VisitNo, sighting.NodeId, sighting.NotShown, ct))
                    return false;
                tally.Miss(row, sighting.NodeId, 1);
            }
            else
            {
                if (await VisitStore.ShowAsync(transaction, row, sighting.VisitNo, sighting.NodeId, clock.At(locked.At), ct) is not { } missed)
                    return false;
                tally.Show(row, sighting.NodeId);
                if (missed.Length > 0)
                    tally.Miss(row, sighting.NodeId, -1);
            }

            await EnrollmentWriter.CountAsync(transaction, tally.Changes, ct);
            return true;
        },
        ct);
}
