using Dapper;
using Journeys.Enrollments.Profiles;
using Npgsql;

namespace Journeys.Enrollments.Jobs;

/// <summary>Slices of people for jobs.</summary>
public static class JobStore
{
    /// <summary>Members of a list by profile id, after one.</summary>
    public static async Task<IReadOnlyList<ProfileRow>> ListMembersAsync(
        NpgsqlDataSource source, Guid siteId, Guid listId, Guid after, int limit, CancellationToken ct)
    {
        const string sql = """
            select p.profile_id, coalesce(p.user_id, '') as user_id, p.traits::text as traits, p.context::text as context,
                   p.time_zone, p.locale, p.created_at, p.seen_at
            from enrollment.user_list_member member
            join enrollment.profile p on p.site_id = member.site_id and p.profile_id = member.profile_id
            where member.site_id = @siteId and member.list_id = @listId and member.profile_id > @after
            order by member.profile_id
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<ProfileRow>(
            new CommandDefinition(sql, new { siteId, listId, after, limit }, cancellationToken: ct))).AsList();
    }
}
