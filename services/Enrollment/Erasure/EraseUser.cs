using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Erasure;

/// <summary>
/// Erases a user: every answer is without the user after this call, and a job removes most of the rows.
/// </summary>
/// <remarks>
/// Two things stay: hashes by which the ids are refused, and counts, which name nobody. The job knows the person only
/// by the id of the removed profile.
/// </remarks>
public sealed class EraseUser(
    NpgsqlDataSource source, StopEnrollment stop, AfterCommit after, StartErasures start, RedactOutbox redact, Outbox outbox, TimeProvider time)
{
    /// <summary>Returns the job that removes the rows. Returns the same job if the user was erased before.</summary>
    /// <exception cref="NotFound">Such a user has never existed.</exception>
    public async Task<Scheduler.Job> HandleAsync(Guid siteId, string userId, CancellationToken ct)
    {
        var (erasure, enrollments) = await source.InTransactionAsync(transaction => EraseAsync(transaction, siteId, userId, ct), ct);

        Crash.At(CrashPoint.ErasureCommitted);
        outbox.Wake();
        after.Announce(enrollments);
        return await start.StartAsync(erasure, ct);
    }

    async Task<(ErasureRow Erasure, IReadOnlyList<Enrollment> Enrollments)> EraseAsync(NpgsqlTransaction transaction, Guid siteId, string userId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (await ErasureStore.LockAsync(transaction, siteId, userId, ct) is not { } person)
        {
            var before = await ErasureStore.FindJobAsync(transaction, siteId, userId, ct) ?? throw new NotFound("user", userId);
            return (before, []);
        }

        var (erasure, enrollments) = await BeginAsync(transaction, siteId, person.ProfileId, ct);
        await UserListStore.RemoveMemberAsync(transaction, siteId, person.ProfileId, now, ct);
        await ProfileStore.RemoveAsync(transaction, siteId, person.ProfileId, ct);
        byte[][] hashes = [ErasedPersonStore.HashOfUser(userId), .. person.AnonymousIds.Select(ErasedPersonStore.HashOfVisitor)];
        await ErasedPersonStore.NoteAsync(transaction, siteId, erasure.JobId, hashes, now, ct);
        await redact.BeginAsync(transaction, siteId, person.ProfileId, hashes, ct);
        return (erasure, enrollments);
    }

    /// <summary>
    /// Stops and removes a person's enrollments, and leaves the rest to a job that <see cref="StartErasures"/> starts.
    /// </summary>
    public async Task<(ErasureRow Erasure, IReadOnlyList<Enrollment> Enrollments)> BeginAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        var active = await EnrollmentStore.LockActiveOfPersonAsync(transaction, siteId, profileId, ct);
        // The message about the stopped enrollments is sent without the person's ids.
        var enrollments = await stop.StopAsync(
            transaction, active with { Rows = [.. active.Rows.Select(row => row with { UserId = "", AnonymousId = "" })] }, StopReasons.Erased, ct);

        var erasure = new ErasureRow
        {
            SiteId = siteId,
            ProfileId = profileId,
            JobId = FreshId.Make(time.GetUtcNow()),
            EnrollmentIds = await EnrollmentWriter.RemoveAsync(transaction, siteId, profileId, ct),
        };
        await ErasureStore.BeginAsync(transaction, erasure, ct);
        return (erasure, enrollments);
    }
}
