using Dapper;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Analytics;

/// <summary>Reads answers. Joins enrollments, so that the answers of an erased person disappear immediately.</summary>
public sealed class ResponseQueries(NpgsqlDataSource source)
{
    const string FromFilter = """
        from enrollment.response r
        join enrollment.enrollment e on e.site_id = r.site_id and e.enrollment_id = r.enrollment_id
        where r.site_id = @SiteId and r.journey_id = @JourneyId and r.node_id = @NodeId
          and (@Version = 0 or r.version = @Version)
          and (@From is null or r.answered_at >= @From)
          and (@Until is null or r.answered_at < @Until)
        """;

    const string Newest = $"""
        with newest as materialized (
            select r.version, r.answers, r.answered_at
            {FromFilter}
            order by r.answered_at desc, r.enrollment_id desc, r.visit_no desc
            limit @limit
        )
        """;

    /// <summary>Returns a page after a position, newest first.</summary>
    public async Task<IReadOnlyList<ResponseRow>> ListAsync(ResponseFilter filter, ResponsePlace? after, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select r.enrollment_id, r.visit_no, r.version, r.outcome, r.answers::text as answers, r.answered_at, e.anonymous_id,
                   coalesce((select p.user_id from enrollment.profile p where p.site_id = e.site_id and p.profile_id = e.profile_id), '') as user_id
            {FromFilter}
              and (@afterAt is null or (r.answered_at, r.enrollment_id, r.visit_no) < (@afterAt, @afterId, @afterNo))
            order by r.answered_at desc, r.enrollment_id desc, r.visit_no desc
            limit @limit
            """;
        return await QueryAsync<ResponseRow>(sql, filter, limit, new { afterAt = after?.AnsweredAt, afterId = after?.EnrollmentId, afterNo = after?.VisitNo }, ct);
    }

    /// <summary>Counts the newest responses by version.</summary>
    public Task<IReadOnlyList<ResponseCount>> CountAsync(ResponseFilter filter, int limit, CancellationToken ct)
    {
        const string sql = Newest + "\nselect version, count(*)::integer as count from newest group by version order by version";
        return QueryAsync<ResponseCount>(sql, filter, limit, new { }, ct);
    }

    /// <summary>
    /// Sums up the answers of the newest responses to these questions, and to the most answered unknown questions.
    /// </summary>
    /// <remarks>
    /// Pages may send anything, so the query itself limits how much it reads of each response and how much it returns.
    /// </remarks>
    public async Task<(IReadOnlyList<AnswerSum> Sums, IReadOnlyList<AnswerCount> Counts)> AddUpAsync(
        ResponseFilter filter, IReadOnlyList<SurveyQuestion> questions, int limit, AnswerLimits limits, CancellationToken ct)
    {
        const string answers = $"""
            {Newest}, asked as (
                select id, is_text, least, most from unnest(@ids, @texts, @leasts, @mosts) as question (id, is_text, least, most)
            ), other as (
                select own.id
                from newest
                cross join lateral (
                    select key from jsonb_object_keys(newest.answers) as key where key <> all(@ids) limit @unknown
                ) as own (id)
                group by own.id order by count(*) desc, own.id limit @unknown
            ), question as (
                select id, is_text, least, most from asked union all select id, false, null, null from other
            ), answer as materialized (
                select newest.version, (newest.answered_at at time zone 'UTC')::date as day, question.id as question, question.is_text, one.place,
                       left(one.value #>> array[]::text[], 200) as value,
                       case when jsonb_typeof(one.value) = 'number' then one.value::numeric end as number,
                       question.least, question.most
                from newest
                join question on newest.answers ? question.id
                cross join lateral jsonb_array_elements(
                    jsonb_path_query_array(newest.answers -> question.id, '$[0 to $last]', jsonb_build_object('last', @each - 1)))
                    with ordinality as one (value, place)
                where jsonb_typeof(one.value) <> 'null'
            )
            """;
        const string sums = $"""
            {answers}, counted as (
                select version, day, question, is_text, place, value, number,
                       case when least is null then abs(number) <= 1e15 else number = trunc(number) and number between least and most end as is_counted
                from answer
            )
            select question, version, day,
                   (count(*) filter (where place = 1))::integer as answered,
                   (count(*) filter (where not is_text and value <> ''))::integer as given,
                   (count(*) filter (where is_counted))::integer as numbers,
                   (avg(number) filter (where is_counted))::float8 as average,
                   (count(*) filter (where is_counted and number >= 9))::integer as promoters,
                   (count(*) filter (where is_counted and number < 7))::integer as detractors
            from counted
            group by grouping sets ((question), (question, version), (question, day))
            """;
        const string counts = $"""
            {answers}, valued as (
                select question, value, number is not null as is_number, count(*)::integer as given,
                       row_number() over (partition by question order by count(*) desc, value) as place
                from answer
                where not is_text and value <> ''
                group by 1, 2, 3
            )
            select question, value, is_number, given from valued where place <= @values
            """;
        var parameters = new
        {
            ids = questions.Select(question => question.Id).ToArray(),
            texts = questions.Select(question => question.IsText).ToArray(),
            leasts = questions.Select(question => question.Least).ToArray(),
            mosts = questions.Select(question => question.Most).ToArray(),
            unknown = limits.UnknownQuestions,
            each = limits.OfAResponse,
            values = limits.Values,
        };
        return (await QueryAsync<AnswerSum>(sums, filter, limit, parameters, ct), await QueryAsync<AnswerCount>(counts, filter, limit, parameters, ct));
    }

    Task<IReadOnlyList<T>> QueryAsync<T>(string sql, ResponseFilter filter, int limit, object more, CancellationToken ct)
    {
        var parameters = new DynamicParameters(filter);
        parameters.AddDynamicParams(new { limit });
        parameters.AddDynamicParams(more);
        return source.QueryAsync<T>(sql, parameters, ct);
    }
}
