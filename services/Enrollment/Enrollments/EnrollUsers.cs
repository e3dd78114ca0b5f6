using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Enrolls named users, or a whole list by a job.</summary>
public sealed class EnrollUsers(
    NpgsqlDataSource source, RequireJourney require, EnrollPeople enroll, AfterCommit after, UserListStore lists,
    EnrollmentQueries queries, UserQueries users, IdempotencyKeys keys, Scheduler.SchedulerService.SchedulerServiceClient scheduler, RuleEffort efforts,
    DatabasePace pace, TimeProvider time, ILogger<EnrollUsers> logger)
{
    // The time budget of a call, and the share of it for the attempt with all users at once. Both are below the gateway's limit of 30 seconds.
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    static readonly TimeSpan LongestTogether = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Returns one result for each user, in their order. A repeat of the request enrolls nobody again.
    /// </summary>
    public async Task<IReadOnlyList<Proto.EnrollUsersResponse.Types.Result>> HandleAsync(
        Guid siteId, Guid journeyId, IReadOnlyList<string> userIds, string properties, RequestKey? key, CancellationToken ct)
    {
        if (await keys.FindAsync(key, ct) is { } known)
            return await RepeatAsync(siteId, userIds, known, ct);

        efforts.RefuseOverspent(siteId);

        var began = time.GetTimestamp();
        var portion = new Portion(time, began, Longest);
        Task<(IReadOnlyList<ProfileRow> Profiles, IReadOnlyList<EnrollPeople.Admission> Admissions, FirstAnswer? First)> StoreAsync(
            LiveJourney journey, Exception? failure) =>
            source.InTransactionAsync<(IReadOnlyList<ProfileRow>, IReadOnlyList<EnrollPeople.Admission>, FirstAnswer?)>(
                async transaction =>
                {
                    if (await keys.ClaimAsync(transaction, key, [], ct) is { } racing)
                        return ([], [], racing);

                    portion = new(time, began, Longest);
                    if (failure is null)
                        await transaction.LimitAsync(LongestTogether, ct);
                    var now = time.GetUtcNow();
                    var profiles = await ProfileStore.EnsureUsersAsync(transaction, siteId, [.. userIds], now, ct, ProfileStore.KeepFor(journey.Compiled));
                    await Availability.RequireOpenAsync(transaction, journey, ct);
                    var entry = new EnrollPeople.Entry(journey, EntrySources.Api, "api", Properties: properties);
                    var admissions = failure is null
                        ? await enroll.HandleAsync(transaction, entry, profiles, ct)
                        : await enroll.HandleApartAsync(transaction, entry, profiles, failure, portion, ct);
                    // If all who were tried timed out, or the maximum number of them, the database may be slow. Then
                    // the call fails, so that a retry enrolls them.
                    if ((admissions.Count == 0 || portion.Failed.Count >= EnrollPeople.MostLeftOut)
                        && portion.Failed.Count > 0 && portion.Failed.All(one => one.Failure is RulesTooCostly { InDatabase: not null })
                        && !await pace.IsQuickAsync(transaction, siteId, ct))
                        throw new DatabaseSlow();
                    await keys.NoteAsync(transaction, key, ToFirstAnswer(profiles, admissions), ct);
                    return (profiles, admissions, null);
                },
                ct);

        var (profiles, admissions, first) = await require.EnterAsync(siteId, journeyId, StoreOrPartAsync, ct);
        if (first is not null)
            return await RepeatAsync(siteId, userIds, first, ct);

        after.Announce([.. admissions.Where(admission => admission.Created).Select(admission => admission.Enrollment!)]);
        foreach (var (profileId, failure) in portion.Failed)
            logger.LogError(
                failure, "Profile {ProfileId} of site {SiteId} cannot be enrolled in journey {JourneyId} and is left out", profileId, siteId, journeyId);
        var profileIds = profiles.ToDictionary(profile => profile.UserId, profile => profile.ProfileId, StringComparer.Ordinal);
        var byProfile = admissions.ToDictionary(admission => admission.Profile.ProfileId);
        var failures = portion.Failed.ToDictionary(one => one.ProfileId, one => one.Failure);
        return [.. userIds.Select(userId => !profileIds.TryGetValue(userId, out var profileId) ? ToError(userId, ErasedPersonStore.Refusal())
            : failures.TryGetValue(profileId, out var failure) ? ToError(userId, EnrollPeople.RefusalOf(failure))
            : !byProfile.TryGetValue(profileId, out var admission) ? ToError(userId, NotTried(portion))
            : admission.Row is { } row ? ToResult(userId, row, admission.Created)
            : ToError(userId, EnrollPeople.ExitRuleHolds()))];

        // Tries all users at once. If that fails, enrolls them in parts and leaves out those who cause the error.
        async Task<(IReadOnlyList<ProfileRow>, IReadOnlyList<EnrollPeople.Admission>, FirstAnswer?)> StoreOrPartAsync(LiveJourney journey)
        {
            try
            {
                return await StoreAsync(journey, failure: null);
            }
            catch (Exception failure) when (RowFault.Is(failure) || RowFault.TookTooLong(failure))
            {
                return await StoreAsync(journey, failure);
            }
        }
    }

    /// <summary>Starts the job that enrolls the members of a list.</summary>
    public async Task<Scheduler.Job> HandleListAsync(Guid siteId, Guid journeyId, Guid listId, RequestKey? key, CancellationToken ct)
    {
        var known = await keys.FindAsync(key, ct);
        if (known is null)
            await require.TakingPeopleAsync(siteId, journeyId, ct);
        var list = await lists.FindAsync(siteId, listId, ct);
        if (known is null && list is null)
            throw new NotFound("user list", listId);

        var jobId = FreshId.Make(time.GetUtcNow());
        var first = known ?? await source.InTransactionAsync(transaction => keys.ClaimAsync(transaction, key, [jobId], ct), ct);
        // The Scheduler returns the existing job for a repeated id, so a repeat after a crash at this point starts no
        // second job.
        Crash.At(CrashPoint.ListClaimed);
        return await scheduler.StartJobAsync(
            new()
            {
                Id = (first?.Made[0] ?? jobId).ToString(),
                Kind = Scheduler.Job.Types.Kind.ListEnrollment,
                JourneyId = journeyId.ToString(),
                SubjectId = listId.ToString(),
                Total = list?.Members ?? 0,
            },
            ServiceCall.For(siteId, ct));
    }

    async Task<IReadOnlyList<Proto.EnrollUsersResponse.Types.Result>> RepeatAsync(
        Guid siteId, IReadOnlyList<string> userIds, FirstAnswer first, CancellationToken ct)
    {
        var rows = await queries.ListByIdAsync(siteId, [.. first.Made, .. first.Found], ct);
        var byUser = rows.ToDictionary(row => row.UserId, StringComparer.Ordinal);
        var results = new List<Proto.EnrollUsersResponse.Types.Result>();
        foreach (var userId in userIds)
        {
            results.Add(byUser.TryGetValue(userId, out var row) ? ToResult(userId, row, created: first.Made.Contains(row.EnrollmentId))
                : await IsErasedAsync(siteId, userId, ct) ? ToError(userId, ErasedPersonStore.Refusal())
                : await users.FindAsync(siteId, userId, ct) is { } user && first.Found.Contains(user.ProfileId) ? ToError(userId, NotEnrolled())
                : ToError(userId, EnrollPeople.ExitRuleHolds()));
        }

        return results;
    }

    // Keeps the profiles of users who failed or were not tried, so that a repeat can distinguish them from users refused by an exit rule.
    static FirstAnswer ToFirstAnswer(IReadOnlyList<ProfileRow> profiles, IReadOnlyList<EnrollPeople.Admission> admissions)
    {
        var ids = admissions.Where(admission => admission.Row is not null).ToLookup(admission => admission.Created, admission => admission.Row!.EnrollmentId);
        var leftOut = profiles.Select(profile => profile.ProfileId).Except(admissions.Select(admission => admission.Profile.ProfileId));
        return new FirstAnswer([.. ids[true]], [.. ids[false], .. leftOut]);
    }

    static Proto.EnrollUsersResponse.Types.Result ToResult(string userId, EnrollmentRow row, bool created) =>
        new() { UserId = userId, Created = created, Enrollment = row.ToProto() };

    static Refused NotTried(Portion portion) => new(
        "NOT_TRIED",
        portion.Failed.Count >= EnrollPeople.MostLeftOut
            ? $"{EnrollPeople.MostLeftOut} people of this call cannot be enrolled, so the rest were not tried. Call again without these people."
            : "The call ran out of time before this person was tried. Call again with the people who were not tried.");

    static Refused NotEnrolled() =>
        new("NOT_ENROLLED", "The first call with this request id did not enroll this person. See the error in that response.");

    static Proto.EnrollUsersResponse.Types.Result ToError(string userId, DomainException refusal) =>
        new() { UserId = userId, Error = new() { Reason = refusal.Reason, Message = refusal.Message } };

    async Task<bool> IsErasedAsync(Guid siteId, string userId, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await ErasedPersonStore.IsErasedAsync(connection, siteId, userId, ct);
    }
}
