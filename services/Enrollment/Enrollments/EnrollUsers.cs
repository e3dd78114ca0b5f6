using Journeys.BuildingBlocks;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Sdk;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments;

/// <summary>Enrolls named users, or a whole list by a job.</summary>
public sealed class EnrollUsers(
    NpgsqlDataSource source, RequireJourney require, EnrollPeople enroll, AdvanceEnrollments advance, UserListStore lists,
    Scheduler.SchedulerService.SchedulerServiceClient scheduler, TimeProvider time)
{
    /// <summary>One answer for each user, in their order.</summary>
    public async Task<IReadOnlyList<Proto.EnrollUsersResponse.Types.Result>> HandleAsync(
        Guid siteId, Guid journeyId, IReadOnlyList<string> userIds, CancellationToken ct)
    {
        var journey = await require.TakingPeopleAsync(siteId, journeyId, ct);

        var admissions = await source.InTransactionAsync(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var profiles = await ProfileStore.EnsureUsersAsync(transaction, siteId, [.. userIds], now, ct);
                await EnterJourney.RequirePublishedAsync(transaction, journey, ct);
                return await enroll.HandleAsync(transaction, new(journey, "API", "api"), profiles, ct);
            },
            ct);

        advance.Tell([.. admissions.Where(admission => admission.Created).Select(admission => admission.Run!)]);
        var byUser = admissions.ToDictionary(admission => admission.Profile.UserId, StringComparer.Ordinal);
        return [.. userIds.Select(userId => byUser.TryGetValue(userId, out var admission)
            ? new Proto.EnrollUsersResponse.Types.Result { UserId = userId, Created = admission.Created, Enrollment = admission.Row.ToProto() }
            : new() { UserId = userId, Error = new() { Reason = "ERASED", Message = "This user was erased and cannot come back under the same id." } })];
    }

    /// <summary>Starts the job that enrolls the members of a list.</summary>
    public async Task<Scheduler.Job> HandleListAsync(Guid siteId, Guid journeyId, Guid listId, string requestId, CancellationToken ct)
    {
        await require.TakingPeopleAsync(siteId, journeyId, ct);
        var list = await lists.FindAsync(siteId, listId, ct) ?? throw new NotFound("user list", listId);

        var jobId = Guid.CreateVersion7(time.GetUtcNow());
        var first = await source.InTransactionAsync(transaction => Requests.FirstAnswerAsync(transaction, siteId, requestId, jobId, ct), ct);
        // The Scheduler answers a repeated id with the job that is there, so a crash in between costs nothing.
        return await scheduler.StartJobAsync(
            new()
            {
                Id = (first ?? jobId).ToString(),
                Kind = Scheduler.Job.Types.Kind.ListEnrollment,
                JourneyId = journeyId.ToString(),
                SubjectId = listId.ToString(),
                Total = list.Members,
            },
            ServiceCall.For(siteId, ct));
    }
}
