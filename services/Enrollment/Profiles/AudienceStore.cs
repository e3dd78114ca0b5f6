using Dapper;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Asks the database who matches a rule.</summary>
public sealed class AudienceStore(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>How many users match, and how many there are.</summary>
    public async Task<(int Matching, int Total)> CountAsync(Guid siteId, Rule rule, Func<Guid, Rule?> audiences, CancellationToken ct)
    {
        var compiled = RuleSql.Compile(rule, audiences, time.GetUtcNow());
        compiled.Parameters.Add("siteId", siteId);
        var sql = $"""
            select count(*) filter (where {compiled.Text})::integer as matching, count(*)::integer as total
            from enrollment.profile p
            where p.site_id = @siteId and p.user_id is not null
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleAsync<(int, int)>(new CommandDefinition(sql, compiled.Parameters, cancellationToken: ct));
    }

    /// <summary>People who match, by profile id, after one.</summary>
    public async Task<IReadOnlyList<ProfileRow>> ListAsync(
        Guid siteId, Rule rule, Func<Guid, Rule?> audiences, bool visitorsToo, Guid after, int limit, CancellationToken ct)
    {
        var compiled = RuleSql.Compile(rule, audiences, time.GetUtcNow());
        compiled.Parameters.AddDynamicParams(new { siteId, visitorsToo, after, limit });
        var sql = $"""
            select p.profile_id, coalesce(p.user_id, '') as user_id,
                   case when p.user_id is null
                       then (select anonymous_id from enrollment.visitor v where v.site_id = p.site_id and v.profile_id = p.profile_id limit 1)
                       else '' end as anonymous_id,
                   p.traits::text as traits, p.context::text as context,
                   p.time_zone, p.locale, p.created_at, p.seen_at
            from enrollment.profile p
            where p.site_id = @siteId and p.profile_id > @after and (@visitorsToo or p.user_id is not null) and {compiled.Text}
            order by p.profile_id
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<ProfileRow>(new CommandDefinition(sql, compiled.Parameters, cancellationToken: ct))).AsList();
    }
}
