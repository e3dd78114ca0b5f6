using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Lists;

/// <summary>Adds users to a list and removes others, in one call.</summary>
public sealed class ChangeMembers(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>Adds and removes users. An added user without a profile gets one.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="listId">The list.</param>
    /// <param name="added">The user ids to add; with those to remove at most <see cref="UserIds.MaxPerCall"/>.</param>
    /// <param name="removed">The user ids to remove.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>The numbers of added, removed and present members.</returns>
    /// <exception cref="InvalidInput">There are too many ids, or one is invalid or stands in both.</exception>
    /// <exception cref="NotFound">The site has no such list.</exception>
    public async Task<(int Added, int Removed, int Members)> HandleAsync(
        Guid siteId, Guid listId, IReadOnlyCollection<string> added, IReadOnlyCollection<string> removed, CancellationToken ct)
    {
        if (added.Count + removed.Count > UserIds.MaxPerCall)
            throw new InvalidInput("add", $"must have at most {UserIds.MaxPerCall} ids together with remove.");
        var add = added.Select((id, index) => Check.NewPersonId(id, $"add[{index}]")).Distinct(StringComparer.Ordinal).ToArray();
        var remove = removed.Select((id, index) => Check.PersonId(id, $"remove[{index}]")).Distinct(StringComparer.Ordinal).ToArray();
        if (add.Intersect(remove, StringComparer.Ordinal).FirstOrDefault() is { } both)
            throw new InvalidInput("remove", $"must not contain an id that add contains too; both contain {both}.");

        var now = time.GetUtcNow();
        return await source.InTransactionAsync(
            async transaction =>
            {
                if (!await UserListStore.LockAsync(transaction, siteId, listId, ct))
                    throw new NotFound("user list", listId);

                var profiles = await ProfileStore.EnsureUsersAsync(transaction, siteId, add, now, ct);
                return await UserListStore.ChangeMembersAsync(
                    transaction, siteId, listId, [.. profiles.Select(profile => profile.ProfileId)], remove, now, ct);
            },
            ct);
    }
}
