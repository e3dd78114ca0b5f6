using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Content that a person finished, as stored.</summary>
public sealed record FinishedRow
{
    public Guid EnrollmentId { get; init; }
    public string ContentId { get; init; } = "";
    public string Outcome { get; init; } = "";
    public DateTimeOffset OccurredAt { get; init; }
}

/// <summary>Reads users for display.</summary>
public sealed class UserQueries(NpgsqlDataSource source)
{
    const string WhereSearch = """
        p.site_id = @siteId and p.user_id is not null
        and (@search = '' or position(lower(@search) in lower(p.user_id)) > 0
             or position(lower(@search) in lower(coalesce(p.traits ->> 'email', ''))) > 0
             or position(lower(@search) in lower(coalesce(p.traits ->> 'name', ''))) > 0)
        """;

    /// <summary>Returns a page of users, most recently seen first, and the total number.</summary>
    public async Task<(IReadOnlyList<ProfileRow> Users, int Total)> ListAsync(
        Guid siteId, string search, DateTimeOffset? beforeSeenAt, Guid? beforeProfileId, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {ProfileStore.Columns}
            from enrollment.profile p
            where {WhereSearch} and (@beforeSeenAt is null or (p.seen_at, p.profile_id) < (@beforeSeenAt, @beforeProfileId))
            order by p.seen_at desc, p.profile_id desc
            limit @limit;

            select count(*)::integer from enrollment.profile p where {WhereSearch}
            """;

        return await source.QueryPageAsync<ProfileRow>(sql, new { siteId, search, beforeSeenAt, beforeProfileId, limit }, ct);
    }

    /// <summary>Returns one user; null when there is none.</summary>
    public async Task<ProfileRow?> FindAsync(Guid siteId, string userId, CancellationToken ct)
    {
        const string sql = $"select {ProfileStore.Columns} from enrollment.profile p where p.site_id = @siteId and p.user_id = @userId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<ProfileRow>(sql, new { siteId, userId }, ct);
    }

    /// <summary>Returns those of these ids that belong to users.</summary>
    public Task<IReadOnlyList<string>> ListKnownAsync(Guid siteId, string[] userIds, CancellationToken ct) => source.QueryAsync<string>(
        """
        select profile.user_id
        from unnest(@userIds) as wanted (user_id)
        join enrollment.profile on profile.site_id = @siteId and profile.user_id = wanted.user_id
        """,
        new { siteId, userIds }, ct);

    /// <summary>Returns the anonymous ids that were joined to a user.</summary>
    public Task<IReadOnlyList<string>> ListVisitorsAsync(Guid siteId, Guid profileId, CancellationToken ct) => source.QueryAsync<string>(
        "select anonymous_id from enrollment.visitor where site_id = @siteId and profile_id = @profileId order by anonymous_id",
        new { siteId, profileId }, ct);

    /// <summary>Returns the names of the lists that a user is in.</summary>
    public Task<IReadOnlyList<string>> ListListsAsync(Guid siteId, Guid profileId, CancellationToken ct) => source.QueryAsync<string>(
        """
        select list.name
        from enrollment.user_list_member member
        join enrollment.user_list list on list.site_id = member.site_id and list.list_id = member.list_id
        where member.site_id = @siteId and member.profile_id = @profileId
        order by list.name
        """,
        new { siteId, profileId }, ct);

    /// <summary>Returns the newest events of a person, newest first.</summary>
    public async Task<IReadOnlyList<NewEvent>> ListEventsAsync(Guid siteId, Guid profileId, int limit, CancellationToken ct)
    {
        const string sql = """
            select coalesce(given_id, event_id) as event_id, name, properties::text as properties, url, occurred_at
            from enrollment.event
            where site_id = @siteId and profile_id = @profileId
            order by occurred_at desc, recorded_at desc nulls last, event.event_id desc
            limit @limit
            """;
        return [.. (await source.QueryAsync<EventRow>(sql, new { siteId, profileId, limit }, ct)).Select(row => row.ToEvent())];
    }

    /// <summary>Returns all events of a person, oldest first.</summary>
    public async Task<IReadOnlyList<NewEvent>> ListAllEventsAsync(Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = """
            select coalesce(given_id, event_id) as event_id, name, properties::text as properties, url, occurred_at
            from enrollment.event
            where site_id = @siteId and profile_id = @profileId
            order by occurred_at, recorded_at nulls first, event.event_id
            """;
        return [.. (await source.QueryAsync<EventRow>(sql, new { siteId, profileId }, ct)).Select(row => row.ToEvent())];
    }

    /// <summary>Returns the content that a person finished, oldest first.</summary>
    public Task<IReadOnlyList<FinishedRow>> ListFinishedAsync(Guid siteId, Guid profileId, CancellationToken ct) => source.QueryAsync<FinishedRow>(
        """
        select enrollment_id, content_id, outcome, occurred_at
        from enrollment.content_outcome
        where site_id = @siteId and profile_id = @profileId
        order by occurred_at, visit_no
        """,
        new { siteId, profileId }, ct);

    sealed record EventRow
    {
        public string EventId { get; init; } = "";
        public string Name { get; init; } = "";
        public string Properties { get; init; } = "{}";
        public string Url { get; init; } = "";
        public DateTimeOffset OccurredAt { get; init; }

        public NewEvent ToEvent() => new(EventId, Name, Properties, Url, OccurredAt);
    }
}
