using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Reads and writes profiles: users, visitors, and what is known of them.</summary>
/// <remarks>
/// A transaction that stores data of a person holds at least `for key share` on the profile, which blocks erasure and merging of the profile, and
/// nothing else. An erasure or a merge takes `for update` before it reads what is stored.
/// </remarks>
public static class ProfileStore
{
    /// <summary>What makes a <see cref="ProfileRow"/>, except the id of a visitor, of `p` (profile).</summary>
    public const string Columns = """
        p.profile_id, coalesce(p.user_id, '') as user_id, p.traits::text as traits, p.context::text as context,
        p.time_zone, p.locale, p.created_at, p.seen_at
        """;

    /// <summary>Ends a query of `p` (profile): keeps the people from being removed until the transaction ends.</summary>
    public const string KeepKnown = "for key share of p";

    const string SelectProfile = $"""
        select {Columns}
        from enrollment.profile p

        """;

    /// <summary>The same, for a query of people who are about to enter a journey.</summary>
    /// <remarks>Where they may wait for a date of theirs they are also kept from changing, since whoever moves the date has to see that they wait for it.</remarks>
    public static string KeepFor(CompiledJourney journey) => journey.AwaitsDates ? "for share of p" : KeepKnown;

    /// <summary>The profile of a person, made when it is new, locked until the transaction ends.</summary>
    /// <exception cref="VisitorJoined">The visitor is a user whom the caller has not proved to speak for.</exception>
    public static async Task<ProfileRow> LockAsync(NpgsqlTransaction transaction, PersonKey person, DateTimeOffset now, CancellationToken ct)
    {
        var profile = person.IsAnonymous
            ? await LockVisitorAsync(transaction, person.SiteId, person.AnonymousId, now, ct)
            : await LockUserAsync(transaction, person.SiteId, person.UserId, now, ct);
        person.RequireProof(profile.UserId);
        return profile;
    }

    /// <summary>The profile of a user, made when it is new, locked until the transaction ends.</summary>
    public static async Task<ProfileRow> LockUserAsync(
        NpgsqlTransaction transaction, Guid siteId, string userId, DateTimeOffset now, CancellationToken ct)
    {
        // The insert waits for a racing one to commit; the select then sees that one's row.
        const string insert = """
            insert into enrollment.profile (site_id, profile_id, user_id, created_at, seen_at)
            values (@siteId, @profileId, @userId, @now, @now)
            on conflict (site_id, user_id) do update set seen_at = greatest(enrollment.profile.seen_at, excluded.seen_at)
            """;
        const string select = SelectProfile + "where p.site_id = @siteId and p.user_id = @userId for no key update";

        await transaction.ExecuteAsync(insert, new { siteId, profileId = FreshId.Make(now), userId, now }, ct);
        return await SingleAsync(transaction, select, new { siteId, userId }, ct);
    }

    /// <summary>The profile that a visitor is now, made when the visitor is new, locked until the transaction ends.</summary>
    public static async Task<ProfileRow> LockVisitorAsync(
        NpgsqlTransaction transaction, Guid siteId, string anonymousId, DateTimeOffset now, CancellationToken ct)
    {
        const string find = """
            select profile_id
            from enrollment.visitor
            where site_id = @siteId and anonymous_id = @anonymousId
            for update
            """;
        const string insert = """
            with profile as (
                insert into enrollment.profile (site_id, profile_id, created_at, seen_at)
                values (@siteId, @profileId, @now, @now)
            )
            insert into enrollment.visitor (site_id, anonymous_id, profile_id)
            values (@siteId, @anonymousId, @profileId)
            """;
        const string select = SelectProfile + "where p.site_id = @siteId and p.profile_id = @profileId for no key update";

        await LockAnonymousIdAsync(transaction, siteId, anonymousId, ct);
        var profileId = await transaction.ScalarAsync<Guid?>(find, new { siteId, anonymousId }, ct);
        if (profileId is null)
        {
            profileId = FreshId.Make(now);
            await transaction.ExecuteAsync(insert, new { siteId, anonymousId, profileId, now }, ct);
        }

        var profile = await SingleAsync(transaction, select, new { siteId, profileId }, ct);
        return profile.UserId.Length == 0 ? profile with { AnonymousId = anonymousId } : profile;
    }

    /// <summary>Makes all these users known and gives their profiles, kept as said until the transaction ends. Erased ones are left out.</summary>
    public static async Task<IReadOnlyList<ProfileRow>> EnsureUsersAsync(
        NpgsqlTransaction transaction, Guid siteId, string[] userIds, DateTimeOffset now, CancellationToken ct, string locking = KeepKnown)
    {
        // Sorted, so that two calls that name the same new users never wait for each other in a circle.
        const string insert = """
            insert into enrollment.profile (site_id, profile_id, user_id, created_at, seen_at)
            select @siteId, wanted.profile_id, wanted.user_id, @now, @now
            from unnest(@profileIds, @userIds) as wanted (profile_id, user_id)
            order by wanted.user_id
            on conflict (site_id, user_id) do nothing
            """;
        const string forget = "delete from enrollment.profile where site_id = @siteId and user_id = any(@erased)";
        var select = $"""
            {SelectProfile}
            join unnest(@userIds) as wanted (user_id) on wanted.user_id = p.user_id
            where p.site_id = @siteId
            {locking}
            """;

        await transaction.PlanAnewAsync(ct);
        var profileIds = userIds.Select(_ => FreshId.Make(now)).ToArray();
        await transaction.ExecuteAsync(insert, new { siteId, profileIds, userIds, now }, ct);
        // Asked after the insert, which waits for an erasure that is under way: what was made again just now goes again.
        var erased = await ErasedPersonStore.ErasedOfAsync(transaction, siteId, userIds, ct);
        if (erased.Count > 0)
            await transaction.ExecuteAsync(forget, new { siteId, erased }, ct);
        return await ListAsync(transaction, select, new { siteId, userIds }, ct);
    }

    /// <summary>A person who is known already; null otherwise.</summary>
    /// <exception cref="VisitorJoined">The visitor is a user whom the caller has not proved to speak for.</exception>
    public static async Task<ProfileRow?> FindAsync(NpgsqlConnection connection, PersonKey person, CancellationToken ct)
    {
        const string sql = SelectProfile + """
            where p.site_id = @SiteId
              and p.profile_id = case when @UserId <> ''
                  then (select profile_id from enrollment.profile where site_id = @SiteId and user_id = @UserId)
                  else (select profile_id from enrollment.visitor where site_id = @SiteId and anonymous_id = @AnonymousId) end
            """;
        var profile = await connection.QuerySingleOrDefaultAsync<ProfileRow>(
            sql, new { person.SiteId, person.UserId, person.AnonymousId }, ct);
        person.RequireProof(profile?.UserId ?? "");
        return profile;
    }

    /// <summary>Writes what is known of a person.</summary>
    public static Task UpdateAsync(NpgsqlTransaction transaction, Guid siteId, ProfileRow profile, CancellationToken ct)
    {
        const string sql = """
            update enrollment.profile
            set user_id = nullif(@UserId, ''), traits = @Traits::jsonb, context = @Context::jsonb,
                time_zone = @TimeZone, locale = @Locale, seen_at = @SeenAt
            where site_id = @siteId and profile_id = @ProfileId
            """;
        return transaction.ExecuteAsync(
            sql,
            new { siteId, profile.ProfileId, profile.UserId, profile.Traits, profile.Context, profile.TimeZone, profile.Locale, profile.SeenAt },
            ct);
    }

    /// <summary>Keeps people as said until the transaction ends, except those whom another one holds. Returns whom it keeps.</summary>
    public static Task<IReadOnlyList<Guid>> LockFreeAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid[] profileIds, string locking, CancellationToken ct)
    {
        var sql = $"""
            select p.profile_id
            from enrollment.profile p
            where p.site_id = @siteId and p.profile_id = any(@profileIds)
            order by p.profile_id
            {locking} skip locked
            """;
        return transaction.QueryAsync<Guid>(sql, new { siteId, profileIds }, ct);
    }

    /// <summary>Locks two persons who become one, so that nobody enrolls either of them until they are.</summary>
    public static Task LockBothAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        // In the order in which sweeps and lists lock many people, so that nobody waits for them in a circle.
        const string sql = "select from enrollment.profile where site_id = @siteId and profile_id in (@from, @to) order by profile_id for update";
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Makes one person of two: the visitors of the first are the second's, and the first is gone.</summary>
    /// <remarks>What else is stored of the first is moved before.</remarks>
    public static Task MergeAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        const string sql = """
            update enrollment.visitor set profile_id = @to where site_id = @siteId and profile_id = @from;
            delete from enrollment.profile where site_id = @siteId and profile_id = @from;
            """;
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Removes a person with all their visitors.</summary>
    public static Task RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.visitor where site_id = @siteId and profile_id = @profileId;
            delete from enrollment.profile where site_id = @siteId and profile_id = @profileId;
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileId }, ct);
    }

    /// <summary>Notes that a visitor is a user from now on.</summary>
    public static Task NoteJoinedAsync(NpgsqlTransaction transaction, Guid siteId, string anonymousId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.visitor
            set joined_at = coalesce(joined_at, @now)
            where site_id = @siteId and anonymous_id = @anonymousId
            """;
        return transaction.ExecuteAsync(sql, new { siteId, anonymousId, now }, ct);
    }

    // Two first calls of one visitor: the second waits here instead of failing on the primary key.
    static Task<int> LockAnonymousIdAsync(NpgsqlTransaction transaction, Guid siteId, string anonymousId, CancellationToken ct)
    {
        const string sql = "select pg_advisory_xact_lock(hashtextextended(@key, 0))";
        return transaction.ExecuteAsync(sql, new { key = $"{siteId:N}/{anonymousId}" }, ct);
    }

    static async Task<ProfileRow> SingleAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        await transaction.QuerySingleAsync<ProfileRow>(sql, parameters, ct);

    static async Task<IReadOnlyList<ProfileRow>> ListAsync(NpgsqlTransaction transaction, string sql, object parameters, CancellationToken ct) =>
        await transaction.QueryAsync<ProfileRow>(sql, parameters, ct);
}
