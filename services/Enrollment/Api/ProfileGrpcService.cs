using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Sdk;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Api;

/// <summary>The gRPC service for stored data of people.</summary>
public sealed class ProfileGrpcService(
    UserQueries users, Positions positions, ExportUser export, EraseUser erase, PreviewAudience preview)
    : Proto.ProfileService.ProfileServiceBase
{
    const int RecentEvents = 100;

    public override async Task<Proto.ListUsersResponse> ListUsers(Proto.ListUsersRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var search = Check.Search(request.Search);
        var before = PageToken.Decode<Before>(request.PageToken);

        var (rows, total) = await users.ListAsync(context.SiteId(), search, before?.SeenAt, before?.ProfileId, size + 1, context.CancellationToken);

        return new()
        {
            Users = { rows.Take(size).Select(ProfileMapping.ToProto) },
            NextPageToken = rows.Count > size ? PageToken.Encode(new Before(rows[size - 1].SeenAt, rows[size - 1].ProfileId)) : "",
            TotalSize = total,
        };
    }

    public override async Task<Proto.GetUserResponse> GetUser(Proto.GetUserRequest request, ServerCallContext context)
    {
        var (siteId, ct) = (context.SiteId(), context.CancellationToken);
        var userId = Check.PersonId(request.UserId, "userId");
        var profile = await users.FindAsync(siteId, userId, ct) ?? throw new NotFound("user", userId);

        var user = profile.ToProto();
        user.AnonymousIds.Add(await users.ListVisitorsAsync(siteId, profile.ProfileId, ct));
        return new()
        {
            User = user,
            Events = { (await users.ListEventsAsync(siteId, profile.ProfileId, RecentEvents, ct)).Select(ProfileMapping.ToProto) },
            Journeys = { await positions.OfAsync(siteId, profile.ProfileId, ct) },
            UserLists = { await users.ListListsAsync(siteId, profile.ProfileId, ct) },
        };
    }

    public override async Task<Proto.FindUnknownUsersResponse> FindUnknownUsers(Proto.FindUnknownUsersRequest request, ServerCallContext context)
    {
        if (request.UserIds.Count > UserIds.MaxPerCall)
            throw new InvalidInput("userIds", $"must have at most {UserIds.MaxPerCall} ids.");
        var userIds = request.UserIds.Select((id, index) => Check.PersonId(id, $"userIds[{index}]")).Distinct(StringComparer.Ordinal).ToArray();

        var known = await users.ListKnownAsync(context.SiteId(), userIds, context.CancellationToken);
        return new() { UserIds = { userIds.Except(known, StringComparer.Ordinal) } };
    }

    public override async Task<Proto.UserDocument> ExportUser(Proto.ExportUserRequest request, ServerCallContext context) =>
        await export.HandleAsync(context.SiteId(), Check.PersonId(request.UserId, "userId"), context.CancellationToken);

    public override async Task<Proto.EraseUserResponse> EraseUser(Proto.EraseUserRequest request, ServerCallContext context) =>
        new() { Job = await erase.HandleAsync(context.SiteId(), Check.PersonId(request.UserId, "userId"), context.CancellationToken) };

    public override async Task<Proto.PreviewAudienceResponse> PreviewAudience(Proto.PreviewAudienceRequest request, ServerCallContext context) =>
        await preview.HandleAsync(context.SiteId(), request.Rule, context.CancellationToken);

    sealed record Before(DateTimeOffset SeenAt, Guid ProfileId);
}
