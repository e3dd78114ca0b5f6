using Dapper;
using Google.Protobuf.WellKnownTypes;
using Journeys.EngineContracts;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Analytics;

/// <summary>Which responses are wanted; 0 and null mean any.</summary>
public sealed record ResponseFilter(Guid SiteId, Guid JourneyId, string NodeId, int Version, DateTimeOffset? From, DateTimeOffset? Until);

/// <summary>The place of a response in the list, which is newest first.</summary>
public sealed record ResponsePlace(DateTimeOffset AnsweredAt, Guid EnrollmentId, int VisitNo);

/// <summary>A response as stored.</summary>
public sealed record ResponseRow
{
    public Guid EnrollmentId { get; init; }
    public int VisitNo { get; init; }
    public int Version { get; init; }
    public string UserId { get; init; } = "";
    public string AnonymousId { get; init; } = "";
    public string Outcome { get; init; } = "";
    public string Answers { get; init; } = "{}";
    public DateTimeOffset AnsweredAt { get; init; }

    public ResponsePlace Place => new(AnsweredAt, EnrollmentId, VisitNo);

    public Proto.Response ToProto() => new()
    {
        EnrollmentId = EnrollmentId.ToString(),
        VisitNo = VisitNo,
        Version = Version,
        UserId = UserId,
        AnonymousId = AnonymousId,
        Outcome = Outcome,
        Answers = Json.ToStruct(Answers),
        AnswerTime = AnsweredAt.ToTimestamp(),
    };
}

/// <summary>How many responses there are of a version.</summary>
public sealed record ResponseCount(int Version, int Count);

/// <summary>How often an answer was given to a question.</summary>
public sealed record AnswerRow
{
    public int Version { get; init; }
    public DateOnly Day { get; init; }
    public string Question { get; init; } = "";
    public string Value { get; init; } = "";
    public bool IsNumber { get; init; }

    /// <summary>How often this answer was given.</summary>
    public int Given { get; init; }

    /// <summary>How many people's first answer it was: of several, only the first counts who answered.</summary>
    public int Answered { get; init; }
}

/// <summary>Reads what people answered. The person must still be there: whoever is erased is gone from here at once.</summary>
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

    /// <summary>A page, newest first, after a place.</summary>
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

    /// <summary>How many there are of each version, of the newest.</summary>
    public Task<IReadOnlyList<ResponseCount>> CountAsync(ResponseFilter filter, int limit, CancellationToken ct)
    {
        const string sql = Newest + "\nselect version, count(*)::integer as count from newest group by version order by version";
        return QueryAsync<ResponseCount>(sql, filter, limit, new { }, ct);
    }

    /// <summary>How often each answer was given, of the newest; answers to these questions are free text and all the same here.</summary>
    public Task<IReadOnlyList<AnswerRow>> AddUpAsync(ResponseFilter filter, string[] texts, int limit, CancellationToken ct)
    {
        const string sql = $"""
            {Newest}
            select newest.version, (newest.answered_at at time zone 'UTC')::date as day, answer.question,
                   case when answer.question = any(@texts) then '' else left(one.value #>> array[]::text[], 200) end as value,
                   jsonb_typeof(one.value) = 'number' as is_number,
                   count(*)::integer as given, (count(*) filter (where one.place = 1))::integer as answered
            from newest
            cross join lateral jsonb_each(newest.answers) as answer (question, given)
            cross join lateral jsonb_array_elements(
                case jsonb_typeof(answer.given) when 'array' then answer.given else jsonb_build_array(answer.given) end)
                with ordinality as one (value, place)
            where jsonb_typeof(one.value) <> 'null'
            group by 1, 2, 3, 4, 5
            """;
        return QueryAsync<AnswerRow>(sql, filter, limit, new { texts }, ct);
    }

    async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, ResponseFilter filter, int limit, object more, CancellationToken ct)
    {
        var parameters = new DynamicParameters(filter);
        parameters.AddDynamicParams(new { limit });
        parameters.AddDynamicParams(more);
        await using var connection = await source.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: ct))).AsList();
    }
}
