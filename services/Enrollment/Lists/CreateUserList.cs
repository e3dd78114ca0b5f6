using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Requests;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Lists;

/// <summary>Creates a user list.</summary>
public sealed class CreateUserList(
    NpgsqlDataSource source, UserListStore lists, IdempotencyKeys keys, IOptions<EnrollmentQuotas> quotas, TimeProvider time)
{
    /// <summary>Creates an empty list. A repeat of the request returns the list that the first one created, as it is now.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="name">The name of the list.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="called">The key that its author chose; empty to make one from the name.</param>
    /// <param name="key">The request.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="InvalidInput">A field is invalid.</exception>
    /// <exception cref="Refused">Reason TOO_MANY_USER_LISTS.</exception>
    /// <exception cref="AlreadyThere">Reason NAME_TAKEN, KEY_TAKEN or REQUEST_ID_REUSED.</exception>
    /// <exception cref="NotFound">A repeat, and the list has been deleted since.</exception>
    public async Task<UserListRow> HandleAsync(
        Guid siteId, string name, string description, string called, RequestKey? key, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var list = new UserListRow
        {
            ListId = FreshId.Make(now),
            Name = Check.Name(name, "name"),
            Description = Check.Description(description, "description"),
            CreatedAt = now,
            UpdatedAt = now,
        };

        var listId = await source.InTransactionAsync(
            async transaction =>
            {
                if (await keys.ClaimAsync(transaction, key, [list.ListId], ct) is { Made: [var first, ..] })
                    return first;

                await RequireRoomAsync(transaction, siteId, ct);
                var taken = await UserListStore.ListKeysAsync(transaction, siteId, ct);
                var keyed = list with { Key = Keys.Choose("user list", called, list.Name, taken) };
                return await UserListStore.AddAsync(transaction, siteId, keyed, ct) ? list.ListId : throw UserListRow.NameTaken(list.Name);
            },
            ct);

        return await lists.FindAsync(siteId, listId, ct) ?? throw new NotFound("user list", listId);
    }

    async Task RequireRoomAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        var most = quotas.Value.UserListsPerSite;
        await Quota.TakeTurnAsync(transaction, "enrollment.user_list", siteId, ct);
        if (await UserListStore.CountAsync(transaction, siteId, ct) >= most)
            throw new Refused("TOO_MANY_USER_LISTS", $"A site has at most {most} user lists; delete some that are not needed.");
    }
}
