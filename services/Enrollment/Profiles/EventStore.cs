using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Stores events, each once per person.</summary>
/// <remarks>
/// The caller has locked the person's profile. An event is stored under the id that it was sent with. If another person
/// of the site has that id already, it is stored under a generated key, with the id in `given_id`. Events of one call
/// are recorded a microsecond after each other, so that those that happened at the same time can be listed in order.
/// </remarks>
public static class EventStore
{
    /// <summary>Stores the events that are new for the person, and returns their ids.</summary>
    public static async Task<HashSet<string>> AddAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid profileId, IReadOnlyList<NewEvent> events, CancellationToken ct)
    {
        // Inserts in the order of ids, so that two calls with the same new ids cannot deadlock.
        const string byId = """
            insert into enrollment.event (site_id, event_id, profile_id, name, properties, url, occurred_at, recorded_at)
            select @siteId, event_id, @profileId, name, properties::jsonb, url, occurred_at, now() + place * interval '1 microsecond'
            from unnest(@ids, @names, @properties, @urls, @times)
                with ordinality as added (event_id, name, properties, url, occurred_at, place)
            where not exists (
                select from enrollment.event known
                where known.site_id = @siteId and known.profile_id = @profileId and known.given_id = added.event_id)
            order by event_id
            on conflict (site_id, event_id) do nothing
            returning event_id
            """;
        // Runs after the insert, which waits for concurrent transactions that use the same ids. Leaves out what that has
        // stored.
        const string byKey = """
            insert into enrollment.event (site_id, event_id, given_id, profile_id, name, properties, url, occurred_at, recorded_at)
            select @siteId, key, event_id, @profileId, name, properties::jsonb, url, occurred_at, now() + place * interval '1 microsecond'
            from unnest(@keys, @ids, @names, @properties, @urls, @times)
                with ordinality as added (key, event_id, name, properties, url, occurred_at, place)
            where not exists (
                    select from enrollment.event known
                    where known.site_id = @siteId and known.event_id = added.event_id and known.profile_id = @profileId)
              and not exists (
                    select from enrollment.event known
                    where known.site_id = @siteId and known.profile_id = @profileId and known.given_id = added.event_id)
            returning given_id
            """;

        var once = events.DistinctBy(e => e.EventId, StringComparer.Ordinal).ToList();
        var added = await QueryAsync(transaction, byId, siteId, profileId, once, ct);
        if (added.Count < once.Count)
            added.UnionWith(await QueryAsync(transaction, byKey, siteId, profileId, once, ct));
        return added;
    }

    /// <summary>
    /// Moves the events of one person to another. Of two events with the same id, the other person's stays.
    /// </summary>
    public static Task MoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        // Two persons can have the same id only if at least one has it as `given_id`, which is rare.
        const string sql = """
            delete from enrollment.event moved
            where moved.site_id = @siteId and moved.profile_id = @from and moved.given_id is not null
              and (exists (
                      select from enrollment.event kept
                      where kept.site_id = @siteId and kept.event_id = moved.given_id and kept.profile_id = @to)
                  or exists (
                      select from enrollment.event kept
                      where kept.site_id = @siteId and kept.profile_id = @to and kept.given_id = moved.given_id));
            delete from enrollment.event moved
            using enrollment.event kept
            where kept.site_id = @siteId and kept.profile_id = @to and kept.given_id is not null
              and moved.site_id = @siteId and moved.event_id = kept.given_id and moved.profile_id = @from and moved.given_id is null;
            update enrollment.event set profile_id = @to where site_id = @siteId and profile_id = @from;
            """;
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Removes at most `limit` events of a person. Returns the number removed.</summary>
    public static Task<int> RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, int limit, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.event
            where site_id = @siteId and event_id in (
                select event_id from enrollment.event where site_id = @siteId and profile_id = @profileId limit @limit)
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileId, limit }, ct);
    }

    static async Task<HashSet<string>> QueryAsync(
        NpgsqlTransaction transaction, string sql, Guid siteId, Guid profileId, IReadOnlyList<NewEvent> events, CancellationToken ct)
    {
        var ids = await transaction.QueryAsync<string>(
            sql,
            new
            {
                siteId,
                profileId,
                keys = events.Select(_ => FreshId.Make().ToString()).ToArray(),
                ids = events.Select(e => e.EventId).ToArray(),
                names = events.Select(e => e.Name).ToArray(),
                properties = events.Select(e => e.Properties).ToArray(),
                urls = events.Select(e => e.Url).ToArray(),
                times = events.Select(e => e.OccurredAt.UtcDateTime).ToArray(),
            },
            ct);
        return ids.ToHashSet(StringComparer.Ordinal);
    }
}
