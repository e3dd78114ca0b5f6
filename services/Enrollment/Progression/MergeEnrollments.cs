using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Progression;

/// <summary>Merges the enrollments of a visitor into those of the user that the visitor is stitched to.</summary>
public sealed class MergeEnrollments(JourneyCatalog catalog, EnrollmentWriter writer, Clock clock)
{
    /// <summary>
    /// If the user has no enrollment in a journey, the visitor's becomes the user's: same position, same timers, same
    /// history. If the user's is active or completed, it stays and the visitor's is archived. If the user's was stopped
    /// or archived, the visitor's becomes a new attempt if the journey allows one; otherwise it is archived. If both
    /// have attempts, the user's keep their numbers and the visitor's are numbered after them.
    /// </summary>
    public async Task<IReadOnlyList<Enrollment>> HandleAsync(
        NpgsqlTransaction transaction, Guid siteId, ProfileRow visitor, ProfileRow user, CancellationToken ct)
    {
        var (rows, lockedAt) = await EnrollmentStore.LockLatestOfPersonsAsync(transaction, siteId, [visitor.ProfileId, user.ProfileId], ct);
        var now = clock.At(lockedAt);
        var ofUser = rows.Where(row => row.ProfileId == user.ProfileId).ToDictionary(row => row.JourneyId);
        var site = await catalog.OfAsync(siteId, ct);
        var changed = new List<Enrollment>();
        var retired = new List<Guid>();
        var shared = new List<Guid>();

        foreach (var row in rows.Where(row => row.ProfileId == visitor.ProfileId))
        {
            if (!ofUser.TryGetValue(row.JourneyId, out var users))
                continue;

            shared.Add(row.JourneyId);
            if (IsNewAttempt(users, site, now))
            {
                retired.Add(users.EnrollmentId);
                continue;
            }

            // Archiving does not need the version.
            var enrollment = new Enrollment(row, CompiledJourney.Unreadable);
            enrollment.Archive(StopReasons.Merged, users.EnrollmentId, now);
            changed.Add(enrollment);
            retired.Add(row.EnrollmentId);
        }

        await EnrollmentWriter.RetireAsync(transaction, siteId, [.. retired], ct);
        var attempts = await EnrollmentWriter.RenumberAsync(transaction, siteId, visitor.ProfileId, user.ProfileId, [.. shared], ct);
        foreach (var enrollment in changed.Where(enrollment => attempts.ContainsKey(enrollment.Row.EnrollmentId)))
            enrollment.Renumber(attempts[enrollment.Row.EnrollmentId]);
        await writer.SaveAsync(transaction, changed, ct);
        return changed;
    }

    static bool IsNewAttempt(EnrollmentRow users, SiteCatalog site, DateTimeOffset now) =>
        users.Status is EnrollmentStatuses.Stopped or EnrollmentStatuses.Archived
        && site.Journeys.TryGetValue(users.JourneyId, out var journey)
        && ReEnrollment.MayBegin(users, journey, now);
}
