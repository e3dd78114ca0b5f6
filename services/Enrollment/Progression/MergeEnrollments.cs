using Dapper;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Progression;

/// <summary>Joins the enrollments of a visitor to those of the user that the visitor turned out to be.</summary>
public sealed class MergeEnrollments(JourneyCatalog catalog, EnrollmentWriter writer, Clock clock)
{
    /// <summary>
    /// Where the user has none in a journey, the visitor's becomes the user's: same position, same timers, same history. Where the user's is active
    /// or completed, it stays and the visitor's is archived. Where the user's was stopped (or archived), the visitor's counts as a new attempt
    /// if the journey allows one, else it is archived. Where both have attempts, the user's keep their numbers and the visitor's follow.
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

            // To archive one takes no version.
            var enrollment = new Enrollment(row, CompiledJourney.Unreadable);
            enrollment.Archive("MERGED", users.EnrollmentId, now);
            changed.Add(enrollment);
            retired.Add(row.EnrollmentId);
        }

        await RetireAsync(transaction, siteId, [.. retired], ct);
        var attempts = await RenumberAsync(transaction, siteId, visitor.ProfileId, user.ProfileId, [.. shared], ct);
        foreach (var enrollment in changed.Where(enrollment => attempts.ContainsKey(enrollment.Row.EnrollmentId)))
            enrollment.Renumber(attempts[enrollment.Row.EnrollmentId]);
        await writer.SaveAsync(transaction, changed, ct);
        return changed;
    }

    static bool IsNewAttempt(EnrollmentRow users, SiteCatalog site, DateTimeOffset now) =>
        users.Status is "STOPPED" or "ARCHIVED"
        && site.Journeys.TryGetValue(users.JourneyId, out var journey)
        && ReEnrollment.MayBegin(users, journey, now);

    static Task RetireAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment
            set is_latest = false
            where site_id = @siteId and enrollment_id = any(@enrollmentIds)
            """;
        return enrollmentIds.Length == 0 ? Task.CompletedTask : transaction.ExecuteAsync(sql, new { siteId, enrollmentIds }, ct);
    }

    // Gives the new numbers.
    static async Task<IReadOnlyDictionary<Guid, int>> RenumberAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid visitorId, Guid userId, Guid[] journeyIds, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment as e
            set attempt = users.last + e.attempt
            from (
                select journey_id, max(attempt) as last
                from enrollment.enrollment
                where site_id = @siteId and profile_id = @userId and journey_id = any(@journeyIds)
                group by journey_id) as users
            where e.site_id = @siteId and e.profile_id = @visitorId and e.journey_id = users.journey_id
            returning e.enrollment_id, e.attempt
            """;

        if (journeyIds.Length == 0)
            return new Dictionary<Guid, int>();
        var moved = await transaction.Connection!.QueryAsync<(Guid EnrollmentId, int Attempt)>(
            new CommandDefinition(sql, new { siteId, visitorId, userId, journeyIds }, transaction, cancellationToken: ct));
        return moved.ToDictionary(row => row.EnrollmentId, row => row.Attempt);
    }
}
