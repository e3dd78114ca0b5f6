namespace Journeys.Ledgers.Clients;

/// <summary>An acknowledged event is stored once, and an event that was always refused is not stored.</summary>
static class EventCalls
{
    public static async Task CheckAsync(
        Look look, IReadOnlyList<IGrouping<(Guid Site, string UserId, string AnonymousId, string EventId), ClientCall>> events, CancellationToken ct)
    {
        const string sql = """
            select asked.position::integer,
                   (select count(*)::integer from enrollment.event
                    where event.site_id = asked.site_id and event.profile_id = coalesce(p.profile_id, v.profile_id)
                      and coalesce(event.given_id, event.event_id) = asked.event_id)
            from unnest(@sites, @users, @visitors, @events) with ordinality as asked (site_id, user_id, anonymous_id, event_id, position)
            left join enrollment.profile p on asked.user_id <> '' and p.site_id = asked.site_id and p.user_id = asked.user_id
            left join enrollment.visitor v on asked.user_id = '' and v.site_id = asked.site_id and v.anonymous_id = asked.anonymous_id
            """;

        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(
            sql, ct, new("sites", events.Select(one => one.Key.Site).ToArray()), new("users", events.Select(one => one.Key.UserId).ToArray()),
            new("visitors", events.Select(one => one.Key.AnonymousId).ToArray()), new("events", events.Select(one => one.Key.EventId).ToArray())))
        {
            var (calls, count) = (events[row.GetInt32(0) - 1], row.GetInt32(1));
            var ids = $"{ClientCalls.Person(calls.First())} event={calls.Key.EventId}";
            if (count == 0 && calls.Any(call => call.Outcome == ClientOutcome.Ok))
                ClientCalls.Found(look, FindingKind.Lost, calls.Key.Site, ids, "It was acknowledged, and is not stored.");
            else if (count > 1)
                ClientCalls.Found(look, FindingKind.Doubled, calls.Key.Site, ids, $"It is stored {count} times.");
            else if (count == 1 && calls.All(call => call.Outcome == ClientOutcome.Failed))
                ClientCalls.Found(look, FindingKind.Unexpected, calls.Key.Site, ids, "It was refused every time, and is stored.");
        }
    }
}
