using Dapper;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.RuleQueries;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Journeys.Enrollments.Stops;

/// <summary>Finds the people inside a journey whom a selection matches.</summary>
public sealed class SelectionQueries(NpgsqlDataSource source, JourneyCatalog catalog, IOptions<AudienceOptions> options, TimeProvider time) : IAsyncDisposable
{
    readonly PreviewTurns previews = new(source, options, "previews");

    // Apart, so that previews, of which a page makes many, keep nobody from stopping people.
    readonly PreviewTurns stops = new(source, options, "stops");
    readonly RuleSearch search = new(options);

    /// <summary>The number of people at a node.</summary>
    public sealed record AtNode(string NodeId, int People);

    /// <summary>Returns the profiles of users. Unknown users are left out.</summary>
    public async Task<Guid[]> ListProfilesAsync(Guid siteId, string[] userIds, CancellationToken ct)
    {
        const string sql = "select profile_id from enrollment.profile where site_id = @siteId and user_id = any(@userIds)";
        return [.. await source.QueryAsync<Guid>(sql, new { siteId, userIds }, ct)];
    }

    /// <summary>
    /// Counts the matching people by node, the nodes with the most first, and returns some of their enrollments, the
    /// earliest first.
    /// </summary>
    /// <remarks>The database works on at most one preview of a site, however many members request one.</remarks>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW.</exception>
    /// <exception cref="TooManyCalls">A preview of the site is running, and too many are waiting.</exception>
    public async Task<(IReadOnlyList<AtNode> Nodes, Guid[] Examples)> CountAsync(Selection selection, int examples, CancellationToken ct)
    {
        var site = await catalog.OfAsync(selection.SiteId, ct);
        return await previews.LookAsync(selection.SiteId, transaction => LookAsync(transaction, selection, site, examples, ct), ct);
    }

    /// <summary>Counts the matching people for a stop.</summary>
    /// <exception cref="Refused">Reason RULE_TOO_SLOW.</exception>
    /// <exception cref="TooManyCalls">A stop of the site is being counted, and too many are waiting.</exception>
    public async Task<int> CountToStopAsync(Selection selection, CancellationToken ct)
    {
        var site = await catalog.OfAsync(selection.SiteId, ct);
        var (nodes, _) = await stops.LookAsync(selection.SiteId, transaction => LookAsync(transaction, selection, site, examples: 0, ct), ct);
        return nodes.Sum(node => node.People);
    }

    async Task<(IReadOnlyList<AtNode> Nodes, Guid[] Examples)> LookAsync(
        NpgsqlTransaction transaction, Selection selection, SiteCatalog site, int examples, CancellationToken ct)
    {
        var (from, parameters) = Compile(selection, site);
        var count = $"select e.node_id, count(*)::integer as people {from} group by e.node_id order by people desc, e.node_id";
        var nodes = await transaction.QueryAsync<AtNode>(count, parameters, ct);
        if (nodes.Count == 0 || examples == 0)
            return (nodes, []);

        parameters.Add("limit", examples);
        var list = $"select e.enrollment_id {from} order by e.enrollment_id limit @limit";
        return (nodes, [.. await transaction.QueryAsync<Guid>(list, parameters, ct)]);
    }

    /// <summary>Returns the matching enrollments behind an id; null when the rule takes too long.</summary>
    public Task<FoundPart<Guid>?> FindPartAsync(
        NpgsqlTransaction transaction, Selection selection, SiteCatalog site, Guid after, int limit, CancellationToken ct)
    {
        var enrollments = new RuleSearch.Searched<Guid>(
            (behind, window) => EndAsync(transaction, selection, behind, window, ct),
            (behind, upTo, most) => ListAsync(transaction, selection, site, behind, upTo, most, ct),
            found => Task.FromResult(new RuleSearch.Held<Guid>(found)));
        return search.FindAsync(transaction, enrollments, after, limit, ct);
    }

    // Returns the last enrollment of a window behind an id; null when fewer are left.
    static Task<Guid?> EndAsync(NpgsqlTransaction transaction, Selection selection, Guid after, int window, CancellationToken ct)
    {
        const string sql = $"""
            select enrollment_id
            from enrollment.enrollment
            where site_id = @SiteId and journey_id = @JourneyId and status = '{EnrollmentStatuses.Active}' and enrollment_id > @after
            order by enrollment_id
            offset @offset
            limit 1
            """;
        return transaction.ScalarAsync<Guid?>(sql, new { selection.SiteId, selection.JourneyId, after, offset = window - 1 }, ct);
    }

    Task<IReadOnlyList<Guid>> ListAsync(
        NpgsqlTransaction transaction, Selection selection, SiteCatalog site, Guid after, Guid? upTo, int limit, CancellationToken ct)
    {
        var (from, parameters) = Compile(selection, site);
        parameters.AddDynamicParams(new { after, upTo, limit });
        var sql = $"""
            select e.enrollment_id
            {from} and e.enrollment_id > @after and (@upTo is null or e.enrollment_id <= @upTo)
            order by e.enrollment_id
            limit @limit
            """;
        return transaction.QueryAsync<Guid>(sql, parameters, ct);
    }

    // Uses a left join, so that an enrollment whose profile is gone matches too if the selection has no rule.
    (string From, DynamicParameters Parameters) Compile(Selection selection, SiteCatalog site)
    {
        var rule = selection.Rule is null
            ? null
            : RuleSql.Compile(selection.Rule, id => site.Audiences.GetValueOrDefault(id)?.Rule, time.GetGiven());
        var parameters = rule?.Parameters ?? new DynamicParameters();
        parameters.AddDynamicParams(new
        {
            selection.SiteId,
            selection.JourneyId,
            selection.NodeIds,
            selection.Versions,
            isNamed = selection.ProfileIds is not null,
            profileIds = selection.ProfileIds ?? [],
            selection.EnteredBy,
        });
        var from = $"""
            from enrollment.enrollment e
            left join enrollment.profile p on p.site_id = e.site_id and p.profile_id = e.profile_id
            where e.site_id = @SiteId and e.journey_id = @JourneyId and e.status = '{EnrollmentStatuses.Active}'
              and (cardinality(@NodeIds) = 0 or e.node_id = any(@NodeIds))
              and (cardinality(@Versions) = 0 or e.version = any(@Versions))
              and (not @isNamed or e.profile_id = any(@profileIds))
              and (@EnteredBy is null or e.entered_at <= @EnteredBy)
              and {(rule is null ? "true" : $"p.profile_id is not null and {rule.Text}")}
            """;
        return (from, parameters);
    }

    public async ValueTask DisposeAsync()
    {
        await previews.DisposeAsync();
        await stops.DisposeAsync();
    }
}
