using System.Globalization;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>
/// Reads when people did the events that rules count: the newest ones, as many as the rule needs, through an index. A
/// filter reads the newest 10,000 events of its name.
/// </summary>
public static class EventTimes
{
    // The maximum number of filters in one statement.
    const int MostFilters = 50;

    // Rules may count back from a time shortly before now.
    static readonly TimeSpan Margin = TimeSpan.FromDays(1);

    /// <summary>The result for a person without such events.</summary>
    public static readonly IReadOnlyDictionary<string, DateTimeOffset[]> None = new Dictionary<string, DateTimeOffset[]>();

    /// <summary>
    /// Returns times by profile and <see cref="CountedEvent.KeyOf"/>, the newest first. People without such events are
    /// not contained.
    /// </summary>
    /// <param name="transaction">The transaction, whose own changes are seen.</param>
    /// <param name="siteId">The people's site.</param>
    /// <param name="profileIds">The people.</param>
    /// <param name="counted">The events to read, by key.</param>
    /// <param name="now">The time from which rules count back; the database's when null.</param>
    /// <param name="longest">The timeout for reading the events of a single person.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="RulesTooCostly">Reading the events of a single person timed out.</exception>
    public static async Task<IReadOnlyDictionary<Guid, IReadOnlyDictionary<string, DateTimeOffset[]>>> ReadAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, IReadOnlyDictionary<string, CountedEvent> counted, DateTimeOffset? now,
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
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, List<KeyValuePair<string, CountedEvent>> counted, DateTimeOffset? now,
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
                             and event.name = counted.name and event.occurred_at
                               >= coalesce(coalesce(@now, now()) - counted.micros * interval '1 microsecond', '-infinity')
                           order by event.occurred_at desc
                           limit counted.most) as times
                from unnest(@profileIds) as who (profile_id)
                cross join unnest(@keys, @names, @mosts, @reaches) as counted (key, name, most, micros)) as found
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
                reaches = counted.Select(pair => (long?)(pair.Value.Within + Margin)?.TotalMicroseconds).ToArray(),
                now,
            },
            ct);
    }

    static async Task<IReadOnlyList<TimesRow>> FilteredAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, KeyValuePair<string, CountedEvent>[] counted, DateTimeOffset? now,
        TimeSpan longest, CancellationToken ct)
    {
        var compiled = RuleSql.TimesOf(counted, Margin, now);
        compiled.Parameters.AddDynamicParams(new { siteId, profileIds });
        if (profileIds.Length > 1)
            return await transaction.QueryAsync<TimesRow>(compiled.Text, compiled.Parameters, ct);

        // Sets and resets the timeout in the same round trip. A `do` block takes no parameters, so the timeout, a whole
        // number from the settings, is written into the text.
        var limit = string.Create(CultureInfo.InvariantCulture, $"""
            do $$ begin
                perform set_config('journeys.statement_timeout', current_setting('statement_timeout'), true),
                        set_config('journeys.lock_timeout', current_setting('lock_timeout'), true),
                        set_config('statement_timeout', '{(int)longest.TotalMilliseconds}ms', true),
                        set_config('lock_timeout', '{(int)LongestWait(longest).TotalMilliseconds}ms', true);
            end $$;

            """);
        const string asBefore = """
            ;
            do $$ begin
                perform set_config('statement_timeout', current_setting('journeys.statement_timeout'), true),
                        set_config('lock_timeout', current_setting('journeys.lock_timeout'), true);
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

    /// <summary>
    /// How long a statement with a rule may wait for a lock, given how long it may take: a longer wait is not the rule's fault.
    /// </summary>
    public static TimeSpan LongestWait(TimeSpan limit) => limit / 4;

    sealed record TimesRow
    {
        public Guid ProfileId { get; init; }
        public string Key { get; init; } = "";
        public DateTime[] Times { get; init; } = [];
    }
}
