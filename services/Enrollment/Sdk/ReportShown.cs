using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Sdk;

/// <summary>A page says that the content of a visit appeared, or why it did not.</summary>
/// <param name="Person">Whose page.</param>
/// <param name="JourneyId">In which journey.</param>
/// <param name="NodeId">The content's node.</param>
/// <param name="VisitNo">The visit.</param>
/// <param name="EnrollmentId">The attempt that is meant; null where the caller does not say.</param>
/// <param name="NotShown">Why it did not appear; empty where it did.</param>
public sealed record Sighting(PersonKey Person, Guid JourneyId, string NodeId, int VisitNo, Guid? EnrollmentId, string NotShown);

/// <summary>Notes what people saw. It moves nobody, and whatever comes late or again changes nothing.</summary>
public sealed class ReportShown(NpgsqlDataSource source, JourneyCatalog catalog, Clock clock)
{
    /// <summary>Whether this was news. What appeared once stays so, whatever is said later.</summary>
    /// <exception cref="NotFound">The person is in no such journey.</exception>
    public Task<bool> HandleAsync(Sighting sighting, CancellationToken ct) => source.InTransactionAsync(
        async transaction =>
        {
            var locked = await EnrollmentStore.LockLatestOfAsync(transaction, sighting.Person, sighting.JourneyId, ct);
            if (locked.Rows is not [var row])
                throw new NotFound("enrollment", $"of {sighting.Person.FirstId} in journey {sighting.JourneyId}");
            if (sighting.EnrollmentId is { } meant && meant != row.EnrollmentId)
                return false;
            // Only content is seen; whoever is at a wait may name it all the same.
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
