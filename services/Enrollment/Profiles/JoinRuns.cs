using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Joins the enrollments of a visitor to those of the user that the visitor turned out to be.</summary>
public sealed class JoinRuns(JourneyCatalog catalog, RunStore store, Clock clock)
{
    /// <summary>
    /// Where the user has none in a journey, the visitor's becomes the user's: same position, same timers, same history. Where the user's is active
    /// or completed, it stays and the visitor's is archived. Where the user's was stopped (or archived), the visitor's counts as a new attempt
    /// if the journey allows one, else it is archived.
    /// </summary>
    public async Task<IReadOnlyList<Run>> HandleAsync(
        NpgsqlTransaction transaction, Guid siteId, ProfileRow visitor, ProfileRow user, CancellationToken ct)
    {
        var (rows, lockedAt) = await EnrollmentStore.LockLatestOfPersonsAsync(transaction, siteId, [visitor.ProfileId, user.ProfileId], ct);
        var now = clock.At(lockedAt);
        var ofUser = rows.Where(row => row.ProfileId == user.ProfileId).ToDictionary(row => row.JourneyId);
        var site = await catalog.OfAsync(siteId, ct);
        var changed = new List<Run>();
        var olderThanUsers = new List<Guid>();
        var retiredUsers = new List<EnrollmentRow>();

        foreach (var row in rows.Where(row => row.ProfileId == visitor.ProfileId))
        {
            if (!ofUser.TryGetValue(row.JourneyId, out var users))
                continue;

            if (IsNewAttempt(users, site, now))
            {
                retiredUsers.Add(users);
                continue;
            }

            // To archive one takes no version.
            var run = new Run(row, CompiledJourney.Unreadable);
            run.Archive("MERGED", users.EnrollmentId, now);
            changed.Add(run);
            olderThanUsers.Add(row.EnrollmentId);
        }

        await store.SaveAsync(transaction, changed, ct);
        await RetireAsync(transaction, siteId, [.. olderThanUsers, .. retiredUsers.Select(row => row.EnrollmentId)], ct);
        await RenumberAsync(transaction, siteId, visitor.ProfileId, [.. retiredUsers.Select(row => row.JourneyId)], [.. retiredUsers.Select(row => row.Attempt)], ct);
        return changed;
    }

    static bool IsNewAttempt(EnrollmentRow users, SiteCatalog site, DateTimeOffset now) =>
        users.Status is "STOPPED" or "ARCHIVED"
        && site.Journeys.TryGetValue(users.JourneyId, out var journey)
        && ReEnrollment.NextAttempt(users, journey, now) is not null;

    static Task RetireAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] enrollmentIds, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment
            set is_latest = false
            where site_id = @siteId and enrollment_id = any(@enrollmentIds)
            """;
        return enrollmentIds.Length == 0 ? Task.CompletedTask : transaction.ExecuteAsync(sql, new { siteId, enrollmentIds }, ct);
    }

    static Task RenumberAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid visitorProfileId, Guid[] journeyIds, int[] attempts, CancellationToken ct)
    {
        const string sql = """
            update enrollment.enrollment as e
            set attempt = users.attempt + e.attempt
            from unnest(@journeyIds, @attempts) as users (journey_id, attempt)
            where e.site_id = @siteId and e.profile_id = @visitorProfileId and e.journey_id = users.journey_id
            """;
        return journeyIds.Length == 0
            ? Task.CompletedTask
            : transaction.ExecuteAsync(sql, new { siteId, visitorProfileId, journeyIds, attempts }, ct);
    }
}
