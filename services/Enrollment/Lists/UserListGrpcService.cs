using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Profiles;
using Microsoft.Extensions.Options;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Lists;

/// <summary>
/// The gRPC service for user lists. Each call is one or two statements, so the use cases are in this file.
/// </summary>
public sealed class UserListGrpcService(
    NpgsqlDataSource source, UserListStore lists, IdempotencyKeys keys, IOptions<EnrollmentQuotas> quotas, TimeProvider time)
    : Proto.UserListService.UserListServiceBase
{
    public override async Task<Proto.UserList> CreateUserList(Proto.CreateUserListRequest request, ServerCallContext context)
    {
        var (siteId, ct, now) = (context.SiteId(), context.CancellationToken, time.GetUtcNow());
        var key = RequestKey.Of(context, request);
        var list = new UserListRow
        {
            ListId = FreshId.Make(now),
            Name = Check.Name(request.Name, "name"),
            Description = Check.Description(request.Description, "description"),
            CreatedAt = now,
            UpdatedAt = now,
        };

        var listId = await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [list.ListId], ct) is { Made: [var first, ..] })
                    return first;
                await RequireRoomAsync(transaction, siteId, ct);
                var called = Keys.Choose("user list", request.Key, list.Name, await UserListStore.ListKeysAsync(transaction, siteId, ct));
                if (!await UserListStore.AddAsync(transaction, siteId, list with { Key = called }, ct))
                    throw NameTaken(list.Name);

                return list.ListId;
            },
            ct);

        return ToProto(await FindAsync(siteId, listId, ct));
    }

    public override async Task<Proto.UserList> GetUserList(Proto.GetUserListRequest request, ServerCallContext context) =>
        ToProto(await FindAsync(context.SiteId(), Check.Uuid(request.Id, "id"), context.CancellationToken));

    public override async Task<Proto.ListUserListsResponse> ListUserLists(Proto.ListUserListsRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var search = Check.Search(request.Search);
        var after = PageToken.Decode<After>(request.PageToken)?.Key ?? "";

        var (rows, total) = await lists.ListAsync(context.SiteId(), search, after, size + 1, context.CancellationToken);

        var response = new Proto.ListUserListsResponse { TotalSize = total };
        response.UserLists.Add(rows.Take(size).Select(ToProto));
        if (rows.Count > size)
            response.NextPageToken = PageToken.Encode(new After(rows[size - 1].Name));
        return response;
    }

    public override async Task<Proto.UserList> UpdateUserList(Proto.UpdateUserListRequest request, ServerCallContext context)
    {
        var listId = Check.Uuid(request.Id, "id");
        var name = request.HasName ? Check.Name(request.Name, "name") : null;
        var description = request.HasDescription ? Check.Description(request.Description, "description") : null;

        try
        {
            var list = await lists.UpdateAsync(context.SiteId(), listId, name, description, time.GetUtcNow(), context.CancellationToken);
            return ToProto(list ?? throw new NotFound("user list", listId));
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw NameTaken(name!);
        }
    }

    public override async Task<Empty> DeleteUserList(Proto.DeleteUserListRequest request, ServerCallContext context)
    {
        var listId = Check.Uuid(request.Id, "id");
        if (!await lists.DeleteAsync(context.SiteId(), listId, context.CancellationToken))
            throw new NotFound("user list", listId);

        return new Empty();
    }

    public override async Task<Proto.ChangeMembersResponse> ChangeMembers(Proto.ChangeMembersRequest request, ServerCallContext context)
    {
        var (siteId, ct, now) = (context.SiteId(), context.CancellationToken, time.GetUtcNow());
        var listId = Check.Uuid(request.Id, "id");
        if (request.Add.Count + request.Remove.Count > UserIds.MaxPerCall)
            throw new InvalidInput("add", $"must have at most {UserIds.MaxPerCall} ids together with remove.");
        var add = request.Add.Select((id, index) => Check.NewPersonId(id, $"add[{index}]")).Distinct(StringComparer.Ordinal).ToArray();
        var remove = request.Remove.Select((id, index) => Check.PersonId(id, $"remove[{index}]")).Distinct(StringComparer.Ordinal).ToArray();
        if (add.Intersect(remove, StringComparer.Ordinal).FirstOrDefault() is { } both)
            throw new InvalidInput("remove", $"must not contain an id that add contains too; both contain {both}.");

        var (added, removed, members) = await source.InTransactionAsync(
            async transaction =>
            {
                if (!await UserListStore.LockAsync(transaction, siteId, listId, ct))
                    throw new NotFound("user list", listId);

                var profiles = await ProfileStore.EnsureUsersAsync(transaction, siteId, add, now, ct);
                return await UserListStore.ChangeMembersAsync(
                    transaction, siteId, listId, [.. profiles.Select(profile => profile.ProfileId)], remove, now, ct);
            },
            ct);

        return new() { Added = added, Removed = removed, Members = members };
    }

    public override async Task<Proto.ListMembersResponse> ListMembers(Proto.ListMembersRequest request, ServerCallContext context)
    {
        var size = Check.PageSize(request.PageSize);
        var after = PageToken.Decode<After>(request.PageToken)?.Key ?? "";
        var list = await FindAsync(context.SiteId(), Check.Uuid(request.Id, "id"), context.CancellationToken);

        var userIds = await lists.ListMembersAsync(context.SiteId(), list.ListId, after, size + 1, context.CancellationToken);

        var response = new Proto.ListMembersResponse { TotalSize = list.Members };
        response.UserIds.Add(userIds.Take(size));
        if (userIds.Count > size)
            response.NextPageToken = PageToken.Encode(new After(userIds[size - 1]));
        return response;
    }

    async Task RequireRoomAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        var most = quotas.Value.UserListsPerSite;
        await Quota.TakeTurnAsync(transaction, "enrollment.user_list", siteId, ct);
        if (await UserListStore.CountAsync(transaction, siteId, ct) >= most)
            throw new Refused("TOO_MANY_USER_LISTS", $"A site has at most {most} user lists; delete some that are not needed.");
    }

    async Task<UserListRow> FindAsync(Guid siteId, Guid listId, CancellationToken ct) =>
        await lists.FindAsync(siteId, listId, ct) ?? throw new NotFound("user list", listId);

    static AlreadyThere NameTaken(string name) => new("NAME_TAKEN", $"A user list named {name} already exists.");

    static Proto.UserList ToProto(UserListRow list) => new()
    {
        Id = list.ListId.ToString(),
        Key = list.Key,
        Name = list.Name,
        Description = list.Description,
        Members = list.Members,
        CreateTime = list.CreatedAt.ToTimestamp(),
        UpdateTime = list.UpdatedAt.ToTimestamp(),
    };

    sealed record After(string Key);
}
