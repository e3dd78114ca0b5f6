using System.Globalization;
using System.Text.Json;
using Dapper;
using Journeys.Engine;
using Journeys.Protos;

namespace Journeys.Enrollments.RuleQueries;

/// <summary>
/// Compiles a rule about people to SQL over `enrollment.profile as p`. Every value is a parameter; the text contains
/// nothing that a caller wrote. Gives the same answers as the engine's <see cref="RuleCompiler"/>, which a property
/// test verifies.
/// </summary>
/// <remarks>Each part is true or false, never null, so that `not` negates it.</remarks>
public sealed class RuleSql
{
    // The number of newest events of a name whose properties a filter reads, so that the cost does not grow with the
    // number of events.
    const int MostFiltered = 10_000;

    readonly Func<Guid, Rule?> audiences;
    readonly DateTimeOffset? now;
    readonly HashSet<Guid> within = [];
    int bound;

    RuleSql(Func<Guid, Rule?> audiences, DateTimeOffset? now)
    {
        this.audiences = audiences;
        this.now = now;
    }

    /// <summary>The parameters of the text.</summary>
    public DynamicParameters Parameters { get; } = new();

    /// <summary>The condition for a `where` clause.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Compiles a valid rule.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="audiences">Returns the rule of an audience; null when there is none, which matches nobody.</param>
    /// <param name="now">The time from which `within` and `WITHIN_LAST` count back; the database's when null.</param>
    public static RuleSql Compile(Rule rule, Func<Guid, Rule?> audiences, DateTimeOffset? now)
    {
        var sql = new RuleSql(audiences, now);
        sql.Text = sql.Compile(rule, new Scope(FieldRoot.Traits));
        return sql;
    }

    /// <summary>
    /// Builds a query for the times of events that rules with filters count, of people (`@profileIds` of `@siteId`):
    /// profile_id, key and times, the newest first.
    /// </summary>
    /// <param name="counted">The events by key, at least one, each with a filter.</param>
    /// <param name="margin">How much earlier events are read than they count.</param>
    /// <param name="now">The time from which `within` and `WITHIN_LAST` count back; the database's when null.</param>
    public static RuleSql TimesOf(IEnumerable<KeyValuePair<string, CountedEvent>> counted, TimeSpan margin, DateTimeOffset? now)
    {
        var sql = new RuleSql(static _ => null, now);
        var queries = counted.Select(pair => $"""
            select who.profile_id, {sql.Bind(pair.Key)} as key,
                   array(select e.occurred_at
                         from (select newest.occurred_at, newest.properties from enrollment.event newest
                               where newest.site_id = @siteId and newest.profile_id = who.profile_id and newest.name = {sql.Bind(pair.Value.Name)}
                                 {(pair.Value.Within is { } span ? $"and newest.occurred_at >= {sql.Ago(span + margin)}" : "")}
                               order by newest.occurred_at desc limit {MostFiltered}) as e
                         where {sql.Compile(pair.Value.Where!, new Scope(FieldRoot.Properties))}
                         order by e.occurred_at desc limit {sql.Bind(pair.Value.AtLeast)}) as times
            from unnest(@profileIds) as who (profile_id)
            """);
        sql.Text = $"select profile_id, key, times from ({string.Join("\nunion all\n", queries)}) as found where cardinality(times) > 0";
        return sql;
    }

    // Whether fields belong to the person or to an event `e`.
    readonly record struct Scope(FieldRoot Of);

    string Compile(Rule rule, Scope scope) => rule switch
    {
        GroupRule group => $"({string.Join(group.IsAnd ? " and " : " or ", group.Rules.Select(part => Compile(part, scope)))})",
        NotRule not => $"(not {Compile(not.Rule, scope)})",
        ConditionRule condition => Condition(condition, scope),
        EventRule happened => Happened(happened),
        ContentRule content => Content(content),
        AudienceRule audience => Audience(audience.AudienceId),
        _ => "false",
    };

    string Happened(EventRule rule)
    {
        var since = rule.Within is { } span ? $" and e.occurred_at >= {Ago(span)}" : "";
        var events = $"from enrollment.event e where e.site_id = p.site_id and e.profile_id = p.profile_id and e.name = {Bind(rule.Name)}{since}";
        if (rule.Where is not null)
        {
            events = $"from (select e.properties {events} order by e.occurred_at desc limit {MostFiltered}) as e"
                + $" where {Compile(rule.Where, new Scope(FieldRoot.Properties))}";
        }

        return $"((select count(*) from (select {events} limit {Bind(Math.Max(1, rule.AtLeast))}) as happened) >= {Bind(Math.Max(1, rule.AtLeast))})";
    }

    string Content(ContentRule rule)
    {
        var outcome = rule.Outcome is { } wanted ? $" and c.outcome = {Bind(wanted.Text())}" : "";
        return "exists (select from enrollment.content_outcome c where c.site_id = p.site_id and c.profile_id = p.profile_id"
            + $" and c.content_id = {Bind(rule.ContentId)}{outcome})";
    }

    string Audience(Guid audienceId)
    {
        // A cycle of audiences matches nobody, like audiences nested too deeply in the engine.
        if (within.Count >= RuleCost.MaxLevels || audiences(audienceId) is not { } rule || !within.Add(audienceId))
            return "false";

        var text = Compile(rule, new Scope(FieldRoot.Traits));
        within.Remove(audienceId);
        return text;
    }

    string Condition(ConditionRule rule, Scope scope)
    {
        if (FieldPath.Parse(rule.Field) is not { } path || Field(path, scope) is not { } field)
            return "false";

        var value = rule.Value;
        return rule.Operator switch
        {
            Operator.Eq => Equal(field, value),
            Operator.Neq => $"(not {Equal(field, value)})",
            Operator.Gt => Compared(field, ">", value),
            Operator.Lt => Compared(field, "<", value),
            Operator.Gte => Compared(field, ">=", value),
            Operator.Lte => Compared(field, "<=", value),
            Operator.Contains => Contains(field, value),
            Operator.NotContains => $"(not {Contains(field, value)})",
            Operator.In => In(field, value),
            Operator.NotIn => $"(not {In(field, value)})",
            Operator.Exists => Exists(field),
            Operator.NotExists => $"(not {Exists(field)})",
            Operator.Regex => RegexSubset.ToPostgres(value.GetString()!) is { } regex ? Textual(field, text => $"left({text}, {RegexMatcher.MaxText}) ~ {Bind(regex)}") : "false",
            Operator.StartsWith => Textual(field, text => $"starts_with({text}, {Bind(value.GetString()!)})"),
            Operator.EndsWith => Textual(field, text => EndsWith(text, value.GetString()!)),
            Operator.Before => Dated(field, date => $"{date} < {Instant(Dates.Read(value)!.Value)}"),
            Operator.After => Dated(field, date => $"{date} > {Instant(Dates.Read(value)!.Value)}"),
            Operator.WithinLast => WithinLast(field, value),
            Operator.NotWithinLast => $"(not {WithinLast(field, value)})",
            _ => "false",
        };
    }

    // The field as jsonb; SQL null when missing.
    string? Field(FieldPath path, Scope scope) => (path.Root, scope.Of) switch
    {
        (FieldRoot.Properties, FieldRoot.Properties) => Below("e.properties", path.Keys),
        (_, FieldRoot.Properties) or (FieldRoot.Properties or FieldRoot.Journey or FieldRoot.Entry, _) => null,
        (FieldRoot.UserId, _) => "to_jsonb(p.user_id)",
        (FieldRoot.Context, _) => Below("p.context", path.Keys),
        _ => Below("p.traits", path.Keys),
    };

    // Navigates key by key, because a path (`#>`) would treat a number as a position in a list.
    string Below(string root, string[] keys) => $"({root}{string.Concat(keys.Select(key => $" -> {Bind(key)}"))})";

    static string Exists(string field) => $"(coalesce(jsonb_typeof({field}), 'null') <> 'null')";

    string Equal(string field, JsonElement value) =>
        $"({Exists(field)} and {field} = {Bind(value.GetRawText())}::jsonb)";

    string Compared(string field, string comparison, JsonElement value) =>
        $"(case when jsonb_typeof({field}) = 'number' then ({field} #>> '{{}}')::numeric {comparison} {Bind(value.GetRawText())}::numeric else false end)";

    string Contains(string field, JsonElement value)
    {
        var inList = $"{field} @> jsonb_build_array({Bind(value.GetRawText())}::jsonb)";
        var inText = value.ValueKind == JsonValueKind.String
            ? $"position({Folded(Bind(value.GetString()!))} in {Folded($"({field} #>> '{{}}')")}) > 0"
            : "false";
        return $"(case jsonb_typeof({field}) when 'string' then {inText} when 'array' then {inList} else false end)";
    }

    string In(string field, JsonElement value) =>
        $"({Exists(field)} and exists (select from jsonb_array_elements({Bind(value.GetRawText())}::jsonb) as item where item = {field}))";

    string EndsWith(string text, string part)
    {
        var bound = Bind(part);
        return part.Length == 0 ? "true" : $"right({text}, char_length({bound})) = {bound}";
    }

    string WithinLast(string field, JsonElement value) => Dated(
        field, date => $"{date} between {Ago(Dates.ReadDuration(value)!.Value)} and {Now}");

    string Now => now is { } given ? Bind(given.UtcDateTime) : "statement_timestamp()";

    // PostgreSQL truncates to microseconds, so a lower bound is rounded up. An interval with days would follow the
    // calendar of the session's time zone.
    string Ago(TimeSpan span) => now is { } given
        ? Bind(new DateTime((((given - span).UtcTicks + 9) / 10) * 10, DateTimeKind.Utc))
        : $"(statement_timestamp() - {Bind(span.Ticks / TimeSpan.TicksPerMicrosecond)}::bigint * interval '1 microsecond')";

    static string Textual(string field, Func<string, string> test) =>
        $"(case when jsonb_typeof({field}) = 'string' then {test($"({field} #>> '{{}}')")} else false end)";

    string Dated(string field, Func<string, string> test) => Textual(
        field,
        text => $"(case when {text} ~ {Bind(Dates.Pattern)} and pg_input_is_valid({Clock(text)}, 'timestamptz') then {test(Date(text))} else false end)");

    // Same as Dates.Read: a date without a time means midnight UTC in every session time zone, and fractions of a
    // microsecond are truncated. PostgreSQL itself would round them, and rejects offsets of 16 hours or more.
    string Clock(string text) =>
        $"(left({text}, 10) || case when char_length({text}) = 10 then ' 00:00:00'"
        + $" else ' ' || substr({text}, 12, 8) || coalesce(substring({text} from {Bind(@"\.[0-9]{1,6}")}), '') end || 'Z')";

    string Date(string text)
    {
        var offset = $"coalesce(substring({text} from {Bind("[+-][0-9]{2}:[0-9]{2}$")}), '00:00')::interval";
        return $"least(greatest({Clock(text)}::timestamptz - {offset}, {Instant(Dates.Earliest)}), {Instant(Dates.Latest)})";
    }

    // Passes text, because the driver takes .NET's minimum and maximum times for infinity.
    string Instant(DateTimeOffset time) =>
        $"{Bind(time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture))}::timestamptz";

    static string Folded(string text) => $"lower({text} collate \"pg_c_utf8\")";

    string Bind(object value)
    {
        var name = $"r{bound++}";
        Parameters.Add(name, value);
        return $"@{name}";
    }
}
