using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.EngineContracts;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Erasure;

/// <summary>Exports everything that is stored about a user as one document.</summary>
public sealed class ExportUser(UserQueries users, EnrollmentQueries enrollments, TimeProvider time)
{
    /// <exception cref="NotFound">There is no such user.</exception>
    public async Task<Proto.UserDocument> HandleAsync(Guid siteId, string userId, CancellationToken ct)
    {
        var profile = await users.FindAsync(siteId, userId, ct) ?? throw new NotFound("user", userId);
        var document = new Proto.UserDocument { User = profile.ToProto(), ExportTime = time.GetUtcNow().ToTimestamp() };

        document.User.AnonymousIds.Add(await users.ListVisitorsAsync(siteId, profile.ProfileId, ct));
        document.Events.Add((await users.ListAllEventsAsync(siteId, profile.ProfileId, ct)).Select(ProfileMapping.ToProto));
        document.UserLists.Add(await users.ListListsAsync(siteId, profile.ProfileId, ct));
        document.Enrollments.Add(await RunsAsync(siteId, profile.ProfileId, ct));
        return document;
    }

    async Task<IEnumerable<Proto.UserDocument.Types.Run>> RunsAsync(Guid siteId, Guid profileId, CancellationToken ct)
    {
        var rows = await enrollments.ListAllOfPersonAsync(siteId, profileId, ct);
        var ids = rows.Select(row => row.EnrollmentId).ToArray();
        var visits = (await enrollments.ListVisitsOfAsync(siteId, ids, ct)).ToLookup(visit => visit.EnrollmentId);
        var finished = (await users.ListFinishedAsync(siteId, profileId, ct)).ToLookup(content => content.EnrollmentId);
        var held = (await enrollments.ListHeldOfAsync(siteId, ids, ct)).ToLookup(signal => signal.EnrollmentId);

        return rows.Select(row => new Proto.UserDocument.Types.Run
        {
            Enrollment = row.ToProto(),
            Visits = { visits[row.EnrollmentId].Select(visit => visit.ToProto()) },
            Data = Json.ToStruct(row.Data),
            Entry = Json.ToStruct(row.Entry),
            Finished =
            {
                finished[row.EnrollmentId].Select(content => new Proto.UserDocument.Types.Run.Types.Finished
                {
                    ContentId = content.ContentId,
                    Outcome = content.Outcome,
                    FinishTime = content.OccurredAt.ToTimestamp(),
                }),
            },
            Held =
            {
                held[row.EnrollmentId].Select(signal => new Proto.UserDocument.Types.Run.Types.Held
                {
                    Signal = Json.ToStruct(signal.Signal),
                    HoldTime = signal.HeldAt.ToTimestamp(),
                }),
            },
        });
    }
}
