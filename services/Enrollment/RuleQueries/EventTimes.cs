using System.Globalization;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>When people did what rules count: of each the newest, as many as are asked for, found by an index however much somebody did; a filter looks at the newest 10,000 of the name.</summary>
public static class EventTimes
{
    // Filters of one statement.
    const int MostFilters = 50;

    // What a rule counts from may be a little before now.
    static readonly TimeSpan Margin = TimeSpan.FromDays(1);

    /// <summary>Of somebody who did nothing of it.</summary>
    public static readonly IReadOnlyDictionary<string, DateTimeOffset[]> None = new Dictionary<string, DateTimeOffset[]>();

    /// <summary>Times by profile and <see cref="CountedEvent.KeyOf"/>, the newest first. Who did nothing of it is not there.</summary>
    /// <param name="transaction">Sees what it has written itself.</param>
    /// <param name="siteId">The people's site.</param>
    /// <param name="profileIds">The people.</param>
    /// <param name="counted">What they did, by key.</param>
    /// <param name="now">The time that rules count from.</param>
    /// <param name="longest">The longest that the database may look through the events of a single person.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="RulesTooCostly">It takes longer.</exception>
    public static async Task<IReadOnlyDictionary<Guid, IReadOnlyDictionary<string, DateTimeOffset[]>>> ReadAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, IReadOnlyDictionary<string, CountedEvent> counted, DateTimeOffset now,
        TimeSpan longest, CancellationToken ct)
    {
        var rows = new List<TimesRow>();
        var plain = counted.Where(pair => pair.Value.Where is null).ToList();
        if (plain.Count > 0)
            rows.AddRange(await PlainAsync(transaction, siteId, profileIds, plain, now, ct));
        foreach (var filtered in counted.Where(pair => pair.Value.Where is not null).Chunk(MostFilters))
            rows.AddRange(await FilteredAsync(transaction, siteId, profileIds, filtered, now, longest, ct));

        return rows.GroupBy(row => row.ProfileId).ToDictionary(
            of => of.Key,
            of => (IReadOnlyDictionary<string, DateTimeOffset[]>)of.ToDictionary(
                row => row.Key, row => row.Times.Select(at => new DateTimeOffset(at, TimeSpan.Zero)).ToArray(), StringComparer.Ordinal));
    }

    static Task<IReadOnlyList<TimesRow>> PlainAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, List<KeyValuePair<string, CountedEvent>> counted, DateTimeOffset now,
        CancellationToken ct)
    {
        const string sql = """
            select found.profile_id, found.key, found.times
            from (
                select who.profile_id, counted.key,
                       array(
                           select event.occurred_at
                           from enrollment.event
                           where event.site_id = @siteId and event.profile_id = who.profile_id
                             and event.name = counted.name and event.occurred_at >= counted.since
                           order by event.occurred_at desc
                           limit counted.most) as times
                from unnest(@profileIds) as who (profile_id)
                cross join unnest(@keys, @names, @mosts, @sinces) as counted (key, name, most, since)) as found
            where cardinality(found.times) > 0
            """;

        return transaction.QueryAsync<TimesRow>(
            sql,
            new
            {
                siteId,
                profileIds,
                keys = counted.Select(pair => pair.Key).ToArray(),
                names = counted.Select(pair => pair.Value.Name).ToArray(),
                mosts = counted.Select(pair => pair.Value.AtLeast).ToArray(),
                sinces = counted.Select(pair => Since(pair.Value, now)).ToArray(),
            },
            ct);
    }

    static async Task<IReadOnlyList<TimesRow>> FilteredAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, KeyValuePair<string, CountedEvent>[] counted, DateTimeOffset now,
        TimeSpan longest, CancellationToken ct)
    {
        var compiled = RuleSql.TimesOf(counted, one => Since(one, now), now);
        compiled.Parameters.AddDynamicParams(new { siteId, profileIds });
        if (profileIds.Length > 1)
            return await transaction.QueryAsync<TimesRow>(compiled.Text, compiled.Parameters, ct);

        // In one round trip.
        // A block takes no parameters. This one is a whole number of the settings.
        var limit = string.Create(CultureInfo.InvariantCulture, $"""
            do $$ begin
                perform set_config('journeys.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '{(int)longest.TotalMilliseconds}ms', true);
            end $$;

            """);
        const string asBefore = """
            ;
            do $$ begin
                perform set_config('statement_timeout', current_setting('journeys.statement_timeout'), true);
            end $$
            """;
        try
        {
            return await transaction.QueryAsync<TimesRow>(limit + compiled.Text + asBefore, compiled.Parameters, ct);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.QueryCanceled && !ct.IsCancellationRequested)
        {
            throw new RulesTooCostly { InDatabase = exception };
        }
    }

    static DateTime Since(CountedEvent counted, DateTimeOffset now) =>
        counted.Within is { } within ? (now - within - Margin).UtcDateTime : DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    sealed record TimesRow
    {
        public Guid ProfileId { get; init; }
        public string Key { get; init; } = "";
        public DateTime[] Times { get; init; } = [];
    }
}
