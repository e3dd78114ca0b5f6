using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Lists;

/// <summary>The gRPC service for user lists: checks the request, runs one use case, maps the answer.</summary>
public sealed class UserListGrpcService(UserListStore lists, CreateUserList create, UpdateUserList update, ChangeMembers changeMembers)
    : Proto.UserListService.UserListServiceBase
{
    public override async Task<Proto.UserList> CreateUserList(Proto.CreateUserListRequest request, ServerCallContext context) =>
        (await create.HandleAsync(
            context.SiteId(), request.Name, request.Description, request.Key, RequestKey.Of(context, request),
            context.CancellationToken)).ToProto();

    public override async Task<Proto.UserList> GetUserList(Proto.GetUserListRequest request, ServerCallContext context) =>
        (await FindAsync(context, request.Id)).ToProto();

    public override async Task<Proto.ListUserListsResponse> ListUserLists(Proto.ListUserListsRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var search = Check.Search(request.Search);
        var after = PageToken.Decode<After>(request.PageToken)?.Key ?? "";

        var (rows, total) = await lists.ListAsync(context.SiteId(), search, after, size + 1, context.CancellationToken);

        var response = new Proto.ListUserListsResponse { TotalSize = total };
        response.UserLists.Add(rows.Take(size).Select(row => row.ToProto()));
        if (rows.Count > size)
            response.NextPageToken = PageToken.Encode(new After(rows[size - 1].Name));
        return response;
    }

    public override async Task<Proto.UserList> UpdateUserList(Proto.UpdateUserListRequest request, ServerCallContext context) =>
        (await update.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), request.HasName ? request.Name : null,
            request.HasDescription ? request.Description : null, context.CancellationToken)).ToProto();

    public override async Task<Empty> DeleteUserList(Proto.DeleteUserListRequest request, ServerCallContext context)
    {
        var listId = Check.Uuid(request.Id, "id");
        if (!await lists.DeleteAsync(context.SiteId(), listId, context.CancellationToken))
            throw new NotFound("user list", listId);

        return new Empty();
    }

    public override async Task<Proto.ChangeMembersResponse> ChangeMembers(Proto.ChangeMembersRequest request, ServerCallContext context)
    {
        var (added, removed, members) = await changeMembers.HandleAsync(
            context.SiteId(), Check.Uuid(request.Id, "id"), request.Add, request.Remove, context.CancellationToken);
        return new() { Added = added, Removed = removed, Members = members };
    }

    public override async Task<Proto.ListMembersResponse> ListMembers(Proto.ListMembersRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var after = PageToken.Decode<After>(request.PageToken)?.Key ?? "";
        var list = await FindAsync(context, request.Id);

        var userIds = await lists.ListMembersAsync(context.SiteId(), list.ListId, after, size + 1, context.CancellationToken);

        var response = new Proto.ListMembersResponse { TotalSize = list.Members };
        response.UserIds.Add(userIds.Take(size));
        if (userIds.Count > size)
            response.NextPageToken = PageToken.Encode(new After(userIds[size - 1]));
        return response;
    }

    async Task<UserListRow> FindAsync(ServerCallContext context, string id)
    {
        var listId = Check.Uuid(id, "id");
        return await lists.FindAsync(context.SiteId(), listId, context.CancellationToken) ?? throw new NotFound("user list", listId);
    }

    sealed record After(string Key);
}
