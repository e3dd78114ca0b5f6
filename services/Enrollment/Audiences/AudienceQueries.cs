using Dapper;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Failures;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Audiences;

/// <summary>Finds the people whom a rule matches.</summary>
public sealed class AudienceQueries(NpgsqlDataSource source, IOptions<AudienceOptions> options, TimeProvider time) : IAsyncDisposable
{
    const string Columns = $"""
        {ProfileStore.Columns},
        case when p.user_id is null
            then (select anonymous_id from enrollment.visitor v where v.site_id = p.site_id and v.profile_id = p.profile_id limit 1)
            else '' end as anonymous_id
        """;

    // People who are in the journey, or may not enter again, are no candidates, so that a repeated sweep is cheap.
    const string WhereCandidate = """
        p.site_id = @siteId and (@visitorsToo or p.user_id is not null)
        and not exists (
            select from enrollment.enrollment e
            where e.site_id = p.site_id and e.journey_id = @journeyId and e.profile_id = p.profile_id and e.is_latest
              and (e.ended_at is null or not @mayReturn))
        """;

    readonly PreviewTurns previews = new(source, options, "audience previews");
    readonly RuleSearch search = new(options);

    /// <summary>The people who match a rule and are not in a journey.</summary>
    /// <param name="Journey">The journey.</param>
    /// <param name="Rule">The rule, for instance that of the journey's audience.</param>
    /// <param name="Audiences">Returns the rule of another audience.</param>
    public sealed record Candidates(LiveJourney Journey, Rule Rule, Func<Guid, Rule?> Audiences)
    {
        /// <summary>Whether visitors are left out, although the journey takes them.</summary>
        public bool UsersOnly { get; init; }
    }

    /// <summary>
    /// Returns the number of users who match, the number of all users, and the first of those who match.
    /// </summary>
    /// <remarks>The database works on at most one preview of a site, however many members request one.</remarks>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW.</exception>
    /// <exception cref="TooManyCalls">A preview of the site is running, and too many are waiting.</exception>
    public Task<(int Matching, int Total, IReadOnlyList<ProfileRow> Sample)> PreviewAsync(
        Guid siteId, Rule rule, Func<Guid, Rule?> audiences, int sample, CancellationToken ct) =>
        previews.LookAsync(siteId, transaction => LookAsync(transaction, siteId, rule, audiences, sample, ct), ct);

    async Task<(int Matching, int Total, IReadOnlyList<ProfileRow> Sample)> LookAsync(
        NpgsqlTransaction transaction, Guid siteId, Rule rule, Func<Guid, Rule?> audiences, int sample, CancellationToken ct)
    {
        var compiled = RuleSql.Compile(rule, audiences, time.GetGiven());
        compiled.Parameters.Add("siteId", siteId);
        var sql = $"""
            select count(*) filter (where {compiled.Text})::integer as matching, count(*)::integer as total
            from enrollment.profile p
            where p.site_id = @siteId and p.user_id is not null
            """;
        var (matching, total) = await transaction.QuerySingleAsync<(int, int)>(sql, compiled.Parameters, ct);
        var list = CompileList(siteId, rule, audiences, visitorsToo: false, Guid.Empty, sample);
        var first = matching == 0 ? [] : await transaction.QueryAsync<ProfileRow>(list.Text, list.Parameters, ct);
        return (matching, total, first);
    }

    /// <summary>Counts the candidates, and returns the first of them.</summary>
    /// <remarks>The database works on at most one preview of a site, however many members request one.</remarks>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW.</exception>
    /// <exception cref="TooManyCalls">A preview of the site is running, and too many are waiting.</exception>
    public Task<(int Matching, IReadOnlyList<ProfileRow> Sample)> PreviewAsync(Candidates candidates, int sample, CancellationToken ct) =>
        previews.LookAsync(candidates.Journey.SiteId, transaction => LookAsync(transaction, candidates, sample, ct), ct);

    async Task<(int Matching, IReadOnlyList<ProfileRow> Sample)> LookAsync(
        NpgsqlTransaction transaction, Candidates candidates, int sample, CancellationToken ct)
    {
        var compiled = Compile(candidates);
        compiled.Parameters.AddDynamicParams(new { sample });
        var from = $"from enrollment.profile p where {WhereCandidate} and {compiled.Text}";
        var matching = await transaction.ScalarAsync<int>($"select count(*)::integer {from}", compiled.Parameters, ct);
        if (matching == 0 || sample == 0)
            return (matching, []);

        var first = $"select {Columns} {from} order by p.profile_id limit @sample";
        return (matching, await transaction.QueryAsync<ProfileRow>(first, compiled.Parameters, ct));
    }

    /// <summary>Returns people who match, by profile id, after a profile.</summary>
    public async Task<IReadOnlyList<ProfileRow>> ListAsync(
        Guid siteId, Rule rule, Func<Guid, Rule?> audiences, bool visitorsToo, Guid after, int limit, CancellationToken ct)
    {
        var list = CompileList(siteId, rule, audiences, visitorsToo, after, limit);

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<ProfileRow>(list.Text, list.Parameters, ct);
    }

    (string Text, DynamicParameters Parameters) CompileList(
        Guid siteId, Rule rule, Func<Guid, Rule?> audiences, bool visitorsToo, Guid after, int limit)
    {
        var compiled = RuleSql.Compile(rule, audiences, time.GetGiven());
        compiled.Parameters.AddDynamicParams(new { siteId, visitorsToo, after, limit });
        var sql = $"""
            select {Columns}
            from enrollment.profile p
            where p.site_id = @siteId and p.profile_id > @after and (@visitorsToo or p.user_id is not null) and {compiled.Text}
            order by p.profile_id
            limit @limit
            """;
        return (sql, compiled.Parameters);
    }

    /// <summary>Counts the candidates. Returns 0 when counting takes too long.</summary>
    public async Task<int> CountCandidatesAsync(NpgsqlTransaction transaction, Candidates candidates, CancellationToken ct)
    {
        var compiled = Compile(candidates);
        var sql = $"select count(*)::integer from enrollment.profile p where {WhereCandidate} and {compiled.Text}";
        var limit = TimeSpan.FromSeconds(options.Value.SweepTimeoutSeconds / 2d);
        var (_, count) = await transaction.WithinAsync(
            limit, () => transaction.ScalarAsync<int>(sql, compiled.Parameters, ct), ct, EventTimes.LongestWait(limit));
        return count;
    }

    /// <summary>
    /// Finds candidates behind a profile, up to the first that another transaction has locked; null when the rule takes
    /// too long. Locks them as <see cref="ProfileStore.KeepFor"/> says until the transaction ends.
    /// </summary>
    /// <exception cref="NotYet">Another transaction has locked the first candidate.</exception>
    public Task<FoundPart<ProfileRow>?> LockCandidatesAsync(
        NpgsqlTransaction transaction, Candidates candidates, Guid after, int limit, CancellationToken ct)
    {
        var people = new RuleSearch.Searched<ProfileRow>(
            (behind, window) => EndAsync(transaction, candidates, behind, window, ct),
            (behind, upTo, most) => ListCandidatesAsync(transaction, candidates, behind, upTo, most, ct),
            found => HoldAsync(transaction, candidates, found, ct));
        return search.FindAsync(transaction, people, after, limit, ct);
    }

    // Returns the last profile of a window behind an id; null when fewer are left.
    static Task<Guid?> EndAsync(NpgsqlTransaction transaction, Candidates candidates, Guid after, int window, CancellationToken ct)
    {
        const string sql = """
            select profile_id
            from enrollment.profile
            where site_id = @siteId and profile_id > @after
            order by profile_id
            offset @window
            limit 1
            """;
        return transaction.ScalarAsync<Guid?>(sql, new { siteId = candidates.Journey.SiteId, after, window = window - 1 }, ct);
    }

    // Takes no locks, because the search may take long and would block calls of these people.
    Task<IReadOnlyList<Guid>> ListCandidatesAsync(
        NpgsqlTransaction transaction, Candidates candidates, Guid after, Guid? upTo, int limit, CancellationToken ct)
    {
        var compiled = Compile(candidates);
        compiled.Parameters.AddDynamicParams(new { after, upTo, limit });
        var sql = $"""
            select p.profile_id
            from enrollment.profile p
            where {WhereCandidate} and p.profile_id > @after and (@upTo is null or p.profile_id <= @upTo) and {compiled.Text}
            order by p.profile_id
            limit @limit
            """;
        return transaction.QueryAsync<Guid>(sql, compiled.Parameters, ct);
    }

    // Locks the profiles, and then evaluates the rule again in a statement that sees everything committed until then.
    async Task<RuleSearch.Held<ProfileRow>> HoldAsync(
        NpgsqlTransaction transaction, Candidates candidates, IReadOnlyList<Guid> found, CancellationToken ct)
    {
        if (found.Count == 0)
            return new([]);

        var siteId = candidates.Journey.SiteId;
        var held = await ProfileStore.LockFreeAsync(transaction, siteId, [.. found], ProfileStore.KeepFor(candidates.Journey.Compiled), ct);
        var missing = found.Except(held).ToArray();
        var busy = missing.Length == 0 ? null : await FirstOfAsync(transaction, siteId, missing, ct);
        var compiled = Compile(candidates);
        compiled.Parameters.AddDynamicParams(new { ids = found.TakeWhile(id => id != busy).Except(missing).ToArray() });
        var sql = $"""
            select {Columns}
            from enrollment.profile p
            where {WhereCandidate} and p.profile_id = any(@ids) and {compiled.Text}
            order by p.profile_id
            """;
        return new(await transaction.QueryAsync<ProfileRow>(sql, compiled.Parameters, ct), busy);
    }

    // Returns the first of these profiles that still exists; null if none does.
    static Task<Guid?> FirstOfAsync(NpgsqlTransaction transaction, Guid siteId, Guid[] ids, CancellationToken ct)
    {
        const string sql = """
            select profile_id
            from enrollment.profile
            where site_id = @siteId and profile_id = any(@ids)
            order by profile_id
            limit 1
            """;
        return transaction.ScalarAsync<Guid?>(sql, new { siteId, ids }, ct);
    }

    RuleSql Compile(Candidates candidates)
    {
        var (journey, rule, audiences) = candidates;
        var compiled = RuleSql.Compile(rule, audiences, time.GetGiven());
        compiled.Parameters.AddDynamicParams(new
        {
            siteId = journey.SiteId,
            journeyId = journey.JourneyId,
            visitorsToo = journey.Design.AllowAnonymous && !candidates.UsersOnly,
            mayReturn = journey.MayReturn,
        });
        return compiled;
    }

    public ValueTask DisposeAsync() => previews.DisposeAsync();
}
