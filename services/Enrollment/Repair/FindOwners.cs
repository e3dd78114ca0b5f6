using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Copies;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Repair;

/// <summary>
/// Scans enrollments in windows for those whose profile is gone. Moves those of a stitched visitor to the user, and
/// removes the others as if the person had been erased.
/// </summary>
/// <remarks>
/// Finds nothing in a healthy run, because whoever removes a profile also moves or removes its enrollments.
/// </remarks>
public sealed class FindOwners(
    NpgsqlDataSource source, RepairQueries queries, EraseUser erase, AfterCommit after, Outbox outbox, Divergence divergence, TimeProvider time,
    ILogger<FindOwners> logger) : IChore
{
    const int Window = 10_000;
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // The position at which the next run continues.
    (Guid SiteId, Guid EnrollmentId) reached;

    public async Task<TimeSpan> RunOnceAsync(CancellationToken ct)
    {
        var rows = await queries.ListOwnerlessAsync(reached.SiteId, reached.EnrollmentId, Window, ct);
        foreach (var (siteId, profileId) in rows.Where(row => row.IsOwnerless).Select(row => (row.SiteId, row.ProfileId)).Distinct())
        {
            try
            {
                await FindAsync(siteId, profileId, ct);
            }
            catch (Exception exception) when (!ct.IsCancellationRequested)
            {
                logger.LogError(exception, "Could not reassign or remove the remaining data of deleted profile {ProfileId} of site {SiteId}", profileId, siteId);
            }
        }

        reached = rows.Count == 0 ? default : (rows[^1].SiteId, rows[^1].EnrollmentId);
        return Interval;
    }

    async Task FindAsync(Guid siteId, Guid profileId, CancellationToken ct)
    {
        var (moved, removed, ended) = await source.InTransactionAsync(transaction => FindAsync(transaction, siteId, profileId, ct), ct);
        // Another replica has done it already.
        if (moved + removed == 0)
            return;

        outbox.Wake();
        after.Announce(ended);
        divergence.Repaired("owner", moved + removed);
        logger.LogWarning(
            "Profile {ProfileId} of site {SiteId} no longer exists; moved {Moved} enrollments to the user that the visitor became, removed {Removed}",
            profileId, siteId, moved, removed);
    }

    async Task<(int Moved, int Removed, IReadOnlyList<Enrollment> Ended)> FindAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        var users = await EnrollmentWriter.MoveToUserAsync(transaction, siteId, profileId, ct);
        if (users is [var userId, ..])
        {
            await EventStore.MoveAsync(transaction, siteId, profileId, userId, ct);
            await ContentOutcomeStore.MoveAsync(transaction, siteId, profileId, userId, ct);
        }

        if (!await EnrollmentWriter.HasAnyAsync(transaction, siteId, profileId, ct))
            return (users.Count, 0, []);

        var (erasure, ended) = await erase.BeginAsync(transaction, siteId, profileId, ct);
        // Records the hash of the profile id, because the user id is unknown. Counts stay, as after every erasure.
        await ErasedPersonStore.NoteAsync(transaction, siteId, erasure.JobId, [ErasedPersonStore.HashOfUser(profileId.ToString())], time.GetUtcNow(), ct);
        return (users.Count, erasure.EnrollmentIds.Length, ended);
    }
}
