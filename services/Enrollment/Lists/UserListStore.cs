using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Lists;

/// <summary>Stores user lists and their members.</summary>
public sealed class UserListStore(NpgsqlDataSource source)
{
    const string Columns = "list_id, key, name, description, members, created_at, updated_at";

    /// <summary>Counts the lists of a site.</summary>
    public static Task<int> CountAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct) =>
        transaction.ScalarAsync<int>("select count(*)::integer from enrollment.user_list where site_id = @siteId", new { siteId }, ct);

    /// <summary>Adds a list. Returns false when the name is taken.</summary>
    public static async Task<bool> AddAsync(NpgsqlTransaction transaction, Guid siteId, UserListRow list, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.user_list (site_id, list_id, key, name, description, created_at, updated_at)
            values (@siteId, @ListId, @Key, @Name, @Description, @CreatedAt, @UpdatedAt)
            on conflict (site_id, name) do nothing
            """;
        var parameters = new { siteId, list.ListId, list.Key, list.Name, list.Description, list.CreatedAt, list.UpdatedAt };
        return await transaction.ExecuteAsync(sql, parameters, ct) == 1;
    }

    /// <summary>Returns one list; null when there is none.</summary>
    public async Task<UserListRow?> FindAsync(Guid siteId, Guid listId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from enrollment.user_list where site_id = @siteId and list_id = @listId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<UserListRow>(sql, new { siteId, listId }, ct);
    }

    /// <summary>Returns the id of the list with a key; null when there is none.</summary>
    public async Task<Guid?> FindByKeyAsync(Guid siteId, string key, CancellationToken ct)
    {
        const string sql = "select list_id from enrollment.user_list where site_id = @siteId and key = @key";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ScalarAsync<Guid?>(sql, new { siteId, key }, ct);
    }

    /// <summary>Returns the keys of all lists of a site.</summary>
    public static async Task<IReadOnlySet<string>> ListKeysAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = "select key from enrollment.user_list where site_id = @siteId";
        return (await transaction.QueryAsync<string>(sql, new { siteId }, ct))
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Returns lists after a name whose name contains a text, by name, and their total number.</summary>
    public async Task<(IReadOnlyList<UserListRow> Lists, int Total)> ListAsync(
        Guid siteId, string search, string afterName, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}
            from enrollment.user_list
            where site_id = @siteId and position(lower(@search) in lower(name)) > 0 and name > @afterName
            order by name
            limit @limit;

            select count(*)::integer
            from enrollment.user_list
            where site_id = @siteId and position(lower(@search) in lower(name)) > 0
            """;

        return await source.QueryPageAsync<UserListRow>(sql, new { siteId, search, afterName, limit }, ct);
    }

    /// <summary>
    /// Updates the name and the description of a list, and returns it; null when there is none. Throws a unique
    /// violation when the name is taken.
    /// </summary>
    public async Task<UserListRow?> UpdateAsync(
        Guid siteId, Guid listId, string? name, string? description, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = $"""
            update enrollment.user_list
            set name = coalesce(@name, name), description = coalesce(@description, description), updated_at = @now
            where site_id = @siteId and list_id = @listId
            returning {Columns}
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<UserListRow>(
            sql, new { siteId, listId, name, description, now }, ct);
    }

    /// <summary>Deletes a list with its members. Returns false when there is none.</summary>
    public async Task<bool> DeleteAsync(Guid siteId, Guid listId, CancellationToken ct)
    {
        const string sql = "delete from enrollment.user_list where site_id = @siteId and list_id = @listId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.ExecuteAsync(sql, new { siteId, listId }, ct) == 1;
    }

    /// <summary>Locks a list, so that its number of members stays exact. Returns false when there is none.</summary>
    public static async Task<bool> LockAsync(NpgsqlTransaction transaction, Guid siteId, Guid listId, CancellationToken ct)
    {
        const string sql = "select true from enrollment.user_list where site_id = @siteId and list_id = @listId for update";
        return await transaction.ScalarAsync<bool?>(sql, new { siteId, listId }, ct) ?? false;
    }

    /// <summary>
    /// Adds and removes members and updates their number. Returns the numbers of added, removed and present members.
    /// </summary>
    public static async Task<(int Added, int Removed, int Members)> ChangeMembersAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid listId, Guid[] add, string[] remove, DateTimeOffset now, CancellationToken ct)
    {
        const string insert = """
            insert into enrollment.user_list_member (site_id, list_id, profile_id)
            select @siteId, @listId, profile_id
            from unnest(@add) as wanted (profile_id)
            on conflict do nothing
            """;
        // Finds and deletes in two steps, because in one join, outdated statistics of a list that grew fast make the
        // planner compare every member with every user.
        const string find = """
            select profile.profile_id
            from unnest(@remove) as wanted (user_id)
            join enrollment.profile on profile.site_id = @siteId and profile.user_id = wanted.user_id
            """;
        const string delete = """
            delete from enrollment.user_list_member
            where site_id = @siteId and list_id = @listId and profile_id = any(@leaving)
            """;
        const string count = """
            update enrollment.user_list
            set members = members + @added - @removed, updated_at = @now
            where site_id = @siteId and list_id = @listId
            returning members
            """;

        var added = await transaction.ExecuteAsync(insert, new { siteId, listId, add }, ct);
        var leaving = remove.Length == 0 ? [] : (await transaction.QueryAsync<Guid>(
            find, new { siteId, remove }, ct)).ToArray();
        var removed = leaving.Length == 0 ? 0 : await transaction.ExecuteAsync(delete, new { siteId, listId, leaving }, ct);
        var members = await transaction.ScalarAsync<int>(count, new { siteId, listId, added, removed, now }, ct);
        return (added, removed, members);
    }

    /// <summary>Removes a person from every list.</summary>
    public static Task RemoveMemberAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            with gone as (
                delete from enrollment.user_list_member where site_id = @siteId and profile_id = @profileId returning list_id
            )
            update enrollment.user_list as list
            set members = list.members - 1, updated_at = @now
            from gone
            where list.site_id = @siteId and list.list_id = gone.list_id
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileId, now }, ct);
    }

    /// <summary>Returns user ids of members after an id, in order.</summary>
    public async Task<IReadOnlyList<string>> ListMembersAsync(Guid siteId, Guid listId, string afterUserId, int limit, CancellationToken ct)
    {
        const string sql = """
            select profile.user_id
            from enrollment.user_list_member member
            join enrollment.profile profile on profile.site_id = member.site_id and profile.profile_id = member.profile_id
            where member.site_id = @siteId and member.list_id = @listId and profile.user_id > @afterUserId
            order by profile.user_id
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<string>(sql, new { siteId, listId, afterUserId, limit }, ct);
    }

    /// <summary>
    /// Returns members of a list after a profile, by profile id, locked as `locking` says until the transaction ends.
    /// </summary>
    public static async Task<IReadOnlyList<ProfileRow>> LockMembersAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid listId, Guid after, int limit, string locking, CancellationToken ct)
    {
        var sql = $"""
            select {ProfileStore.Columns}
            from enrollment.user_list_member member
            join enrollment.profile p on p.site_id = member.site_id and p.profile_id = member.profile_id
            where member.site_id = @siteId and member.list_id = @listId and member.profile_id > @after
            order by member.profile_id
            limit @limit
            {locking}
            """;
        return await transaction.QueryAsync<ProfileRow>(sql, new { siteId, listId, after, limit }, ct);
    }
}
