using Dapper;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RuleQueries;
using Npgsql;

namespace Journeys.Enrollments.Audiences;

/// <summary>Asks the database who matches a rule.</summary>
public sealed class AudienceMembers(NpgsqlDataSource source, TimeProvider time)
{
    const string Columns = """
        p.profile_id, coalesce(p.user_id, '') as user_id,
        case when p.user_id is null
            then (select anonymous_id from enrollment.visitor v where v.site_id = p.site_id and v.profile_id = p.profile_id limit 1)
            else '' end as anonymous_id,
        p.traits::text as traits, p.context::text as context, p.time_zone, p.locale, p.created_at, p.seen_at
        """;

    // Those who are in already, or may not come back, are no candidates: a sweep that is repeated costs little.
    const string WhereCandidate = """
        p.site_id = @siteId and (@visitorsToo or p.user_id is not null)
        and not exists (
            select from enrollment.enrollment e
            where e.site_id = p.site_id and e.journey_id = @journeyId and e.profile_id = p.profile_id and e.is_latest
              and (e.ended_at is null or not @mayReturn))
        """;

    /// <summary>People who match a journey's audience and are not in it.</summary>
    /// <param name="Journey">A journey with auto-enrollment.</param>
    /// <param name="Rule">Its audience's rule.</param>
    /// <param name="Audiences">Finds the rules of other audiences.</param>
    public sealed record Candidates(LiveJourney Journey, Rule Rule, Func<Guid, Rule?> Audiences);

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
            select {Columns}
            from enrollment.profile p
            where p.site_id = @siteId and p.profile_id > @after and (@visitorsToo or p.user_id is not null) and {compiled.Text}
            order by p.profile_id
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<ProfileRow>(new CommandDefinition(sql, compiled.Parameters, cancellationToken: ct))).AsList();
    }

    /// <summary>How many candidates there are.</summary>
    public async Task<int> CountCandidatesAsync(NpgsqlTransaction transaction, Candidates candidates, CancellationToken ct)
    {
        var compiled = Compile(candidates);
        var sql = $"select count(*)::integer from enrollment.profile p where {WhereCandidate} and {compiled.Text}";
        return await transaction.Connection!.ExecuteScalarAsync<int>(new CommandDefinition(sql, compiled.Parameters, transaction, cancellationToken: ct));
    }

    /// <summary>Candidates by profile id, after one; kept from being removed until the transaction ends.</summary>
    public async Task<IReadOnlyList<ProfileRow>> LockCandidatesAsync(
        NpgsqlTransaction transaction, Candidates candidates, Guid after, int limit, CancellationToken ct)
    {
        var compiled = Compile(candidates);
        compiled.Parameters.AddDynamicParams(new { after, limit });
        var sql = $"""
            select {Columns}
            from enrollment.profile p
            where {WhereCandidate} and p.profile_id > @after and {compiled.Text}
            order by p.profile_id
            limit @limit
            for key share of p
            """;
        return (await transaction.Connection!.QueryAsync<ProfileRow>(
            new CommandDefinition(sql, compiled.Parameters, transaction, cancellationToken: ct))).AsList();
    }

    RuleSql Compile(Candidates candidates)
    {
        var (journey, rule, audiences) = candidates;
        var compiled = RuleSql.Compile(rule, audiences, time.GetUtcNow());
        compiled.Parameters.AddDynamicParams(new
        {
            siteId = journey.SiteId,
            journeyId = journey.JourneyId,
            visitorsToo = journey.Design.AllowAnonymous,
            mayReturn = journey.MayReturn,
        });
        return compiled;
    }
}
