using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Reads and writes profiles of users and visitors.</summary>
/// <remarks>
/// A transaction that stores data of a person holds at least `for key share` on the profile, which blocks erasure and merging of the profile, and
/// nothing else. An erasure or a merge takes `for update` before it reads what is stored.
/// </remarks>
public static class ProfileStore
{
    /// <summary>The columns of a <see cref="ProfileRow"/>, except the anonymous id, from `p` (profile).</summary>
    public const string Columns = """
        p.profile_id, coalesce(p.user_id, '') as user_id, p.traits::text as traits, p.context::text as context,
        p.time_zone, p.locale, p.created_at, p.seen_at, now() as read_at
        """;

    /// <summary>
    /// Ends a query of `p` (profile) and locks the profiles against removal until the transaction ends.
    /// </summary>
    public const string KeepKnown = "for key share of p";

    const string SelectProfile = $"""
        select {Columns}
        from enrollment.profile p

        """;

    const string IsNotErased = """
        not exists (select from enrollment.erased_person erased where erased.site_id = @SiteId and erased.id_hash = any(@hashes))
        """;

    /// <summary>Returns the lock clause for a query of people who are about to enter a journey.</summary>
    /// <remarks>
    /// If the journey waits for dates of traits, the profiles are locked against changes too, because a transaction
    /// that changes the date must see that they wait for it.
    /// </remarks>
    public static string KeepFor(CompiledJourney journey) => journey.AwaitsDates ? "for share of p" : KeepKnown;

    /// <summary>Returns the profile of a person, created if it is new, locked until the transaction ends.</summary>
    /// <exception cref="VisitorJoined">The visitor is a user for whom the caller has not proved to act.</exception>
    /// <exception cref="Refused">The person was erased, by either id.</exception>
    public static async Task<ProfileRow> LockAsync(NpgsqlTransaction transaction, PersonKey person, DateTimeOffset now, CancellationToken ct)
    {
        var known = await (person.IsAnonymous ? TryLockVisitorAsync(transaction, person, ct) : TryLockUserAsync(transaction, person, ct));
        var profile = known ?? (person.IsAnonymous
            ? await LockVisitorAsync(transaction, person.SiteId, person.AnonymousId, now, ct)
            : await LockUserAsync(transaction, person.SiteId, person.UserId, now, ct));
        person.RequireProof(profile.UserId);
        if (known is null)
            await ErasedPersonStore.RefuseErasedAsync(transaction, person, ct);
        return profile;
    }

    /// <summary>
    /// Locks the profile of a known visitor, who may be a user by now, until the transaction ends. Returns null if there
    /// is none, if an id of the person was erased, or if the visitor was joined to a user just now.
    /// </summary>
    public static async Task<ProfileRow?> TryLockVisitorAsync(NpgsqlTransaction transaction, PersonKey person, CancellationToken ct)
    {
        // Locks the visitor first, as everybody does. If a merge had the locks, it has removed the profile that was
        // found, and the row is left out.
        const string sql = $"""
            select {Columns}
            from enrollment.visitor v
            join enrollment.profile p on p.site_id = v.site_id and p.profile_id = v.profile_id
            where v.site_id = @SiteId and v.anonymous_id = @AnonymousId and {IsNotErased}
            for update of v
            for no key update of p
            """;
        var profile = await transaction.QuerySingleOrDefaultAsync<ProfileRow>(
            sql, new { person.SiteId, person.AnonymousId, hashes = ErasedPersonStore.HashesOf(person) }, ct);
        return profile?.UserId.Length == 0 ? profile with { AnonymousId = person.AnonymousId } : profile;
    }

    // Returns null if there is none or an id of the person was erased. If an erasure had the lock, it has removed the
    // row.
    static Task<ProfileRow?> TryLockUserAsync(NpgsqlTransaction transaction, PersonKey person, CancellationToken ct)
    {
        const string sql = SelectProfile + $"where p.site_id = @SiteId and p.user_id = @UserId and {IsNotErased} for no key update";
        return transaction.QuerySingleOrDefaultAsync<ProfileRow>(
            sql, new { person.SiteId, person.UserId, hashes = ErasedPersonStore.HashesOf(person) }, ct);
    }

    /// <summary>Returns the profile of a user, created if it is new, locked until the transaction ends.</summary>
    public static async Task<ProfileRow> LockUserAsync(
        NpgsqlTransaction transaction, Guid siteId, string userId, DateTimeOffset now, CancellationToken ct)
    {
        // The insert waits for a concurrent one to commit; the select then sees its row.
        const string insert = """
            insert into enrollment.profile (site_id, profile_id, user_id, created_at, seen_at)
            values (@siteId, @profileId, @userId, @now, @now)
            on conflict (site_id, user_id) do update set seen_at = greatest(enrollment.profile.seen_at, excluded.seen_at)
            """;
        const string select = SelectProfile + "where p.site_id = @siteId and p.user_id = @userId for no key update";

        await transaction.ExecuteAsync(insert, new { siteId, profileId = FreshId.Make(now), userId, now }, ct);
        return await SingleAsync(transaction, select, new { siteId, userId }, ct);
    }

    /// <summary>
    /// Returns the present profile of a visitor, created if the visitor is new, locked until the transaction ends.
    /// </summary>
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

        // Takes the turn of the id only where the visitor is missing: whoever has a visitor must never wait for it.
        var profileId = await transaction.ScalarAsync<Guid?>(find, new { siteId, anonymousId }, ct);
        if (profileId is null)
        {
            await LockAnonymousIdAsync(transaction, siteId, anonymousId, ct);
            profileId = await transaction.ScalarAsync<Guid?>(find, new { siteId, anonymousId }, ct);
        }

        if (profileId is null)
        {
            profileId = FreshId.Make(now);
            await transaction.ExecuteAsync(insert, new { siteId, anonymousId, profileId, now }, ct);
        }

        var profile = await SingleAsync(transaction, select, new { siteId, profileId }, ct);
        return profile.UserId.Length == 0 ? profile with { AnonymousId = anonymousId } : profile;
    }

    /// <summary>
    /// Creates the missing ones of these users and returns the profiles, locked as `locking` says until the transaction
    /// ends. Erased users are left out.
    /// </summary>
    public static async Task<IReadOnlyList<ProfileRow>> EnsureUsersAsync(
        NpgsqlTransaction transaction, Guid siteId, string[] userIds, DateTimeOffset now, CancellationToken ct, string locking = KeepKnown)
    {
        // Inserts in sorted order, so that two calls with the same new users cannot deadlock.
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
        // Runs after the insert, which waits for an erasure in progress. A profile of an erased user that was created
        // again is removed again.
        var erased = await ErasedPersonStore.ErasedOfAsync(transaction, siteId, userIds, ct);
        if (erased.Count > 0)
            await transaction.ExecuteAsync(forget, new { siteId, erased }, ct);
        return await ListAsync(transaction, select, new { siteId, userIds }, ct);
    }

    /// <summary>Returns the profile of a known person; null otherwise.</summary>
    /// <exception cref="VisitorJoined">The visitor is a user for whom the caller has not proved to act.</exception>
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

    /// <summary>
    /// Writes a profile that changed, or whose person was not seen for a minute. Returns it as it is stored then.
    /// </summary>
    public static async Task<ProfileRow> UpdateAsync(
        NpgsqlTransaction transaction, Guid siteId, ProfileRow profile, bool changed, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.profile
            set user_id = nullif(@UserId, ''), traits = @Traits::jsonb, context = @Context::jsonb,
                time_zone = @TimeZone, locale = @Locale, seen_at = @now
            where site_id = @siteId and profile_id = @ProfileId
            """;
        if (!changed && !profile.WasSeenBefore(now))
            return profile;

        await transaction.ExecuteAsync(
            sql,
            new { siteId, profile.ProfileId, profile.UserId, profile.Traits, profile.Context, profile.TimeZone, profile.Locale, now },
            ct);
        return profile with { SeenAt = now };
    }

    /// <summary>Records that a person was seen. Returns false if the profile is gone.</summary>
    public static async Task<bool> NoteSeenAsync(
        NpgsqlDataSource source, Guid siteId, ProfileRow profile, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = "update enrollment.profile set seen_at = @now where site_id = @siteId and profile_id = @ProfileId";
        return await source.ExecuteAsync(sql, new { siteId, profile.ProfileId, now }, ct) == 1;
    }

    /// <summary>
    /// Locks profiles as `locking` says until the transaction ends, except those that another transaction has locked.
    /// Returns the locked ones.
    /// </summary>
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

    /// <summary>Locks two profiles that are being merged, so that nobody enrolls either person until then.</summary>
    public static Task LockBothAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        // Locks in the order that sweeps and lists use, which prevents deadlocks.
        const string sql = "select from enrollment.profile where site_id = @siteId and profile_id in (@from, @to) order by profile_id for update";
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Merges one profile into another: moves its visitors and removes it.</summary>
    /// <remarks>The caller has moved everything else that is stored for the first profile.</remarks>
    public static Task MergeAsync(NpgsqlTransaction transaction, Guid siteId, Guid from, Guid to, CancellationToken ct)
    {
        const string sql = """
            update enrollment.visitor set profile_id = @to where site_id = @siteId and profile_id = @from;
            delete from enrollment.profile where site_id = @siteId and profile_id = @from;
            """;
        return transaction.ExecuteAsync(sql, new { siteId, from, to }, ct);
    }

    /// <summary>Removes a profile with all its visitors.</summary>
    public static Task RemoveAsync(NpgsqlTransaction transaction, Guid siteId, Guid profileId, CancellationToken ct)
    {
        const string sql = """
            delete from enrollment.visitor where site_id = @siteId and profile_id = @profileId;
            delete from enrollment.profile where site_id = @siteId and profile_id = @profileId;
            """;
        return transaction.ExecuteAsync(sql, new { siteId, profileId }, ct);
    }

    /// <summary>Records that a visitor was joined to a user.</summary>
    public static Task NoteJoinedAsync(NpgsqlTransaction transaction, Guid siteId, string anonymousId, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            update enrollment.visitor
            set joined_at = coalesce(joined_at, @now)
            where site_id = @siteId and anonymous_id = @anonymousId
            """;
        return transaction.ExecuteAsync(sql, new { siteId, anonymousId, now }, ct);
    }

    // Makes the second of two concurrent first calls of a visitor wait here instead of failing on the primary key.
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
