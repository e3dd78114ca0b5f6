using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions.Journeys;

/// <summary>Reads and writes journeys with their drafts, and their immutable versions.</summary>
public sealed class JourneyStore(NpgsqlDataSource source)
{
    const string Columns = """
        site_id, journey_id, status, version, revision, change_no, draft, key, name, nodes, edges, draft_changed, created_at, updated_at, published_at,
        paused_by, paused_at, coalesce(pause_reason, '') as pause_reason, resume_at, timers, late, late_after, release_per_second,
        not exists (
            select from definition.move
            where move.site_id = journey.site_id and move.journey_id = journey.journey_id and move.acknowledged_at is null) as applied_everywhere
        """;

    const string VersionColumns = "journey_id, version, design, nodes, edges, publisher, note, published_at";

    const string WhereListed = """
        site_id = @siteId and status = any(@statuses) and position(lower(@search) in lower(name)) > 0
        """;

    /// <summary>Returns one journey; null when the site has none with this id.</summary>
    public async Task<JourneyRow?> FindAsync(Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from definition.journey where site_id = @siteId and journey_id = @journeyId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<JourneyRow>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Locks and returns one journey; null when the site has none with this id.</summary>
    public static async Task<JourneyRow?> LockAsync(NpgsqlTransaction transaction, Guid siteId, Guid journeyId, CancellationToken ct)
    {
        const string sql = $"select {Columns} from definition.journey where site_id = @siteId and journey_id = @journeyId for update";
        return await transaction.QuerySingleOrDefaultAsync<JourneyRow>(sql, new { siteId, journeyId }, ct);
    }

    /// <summary>Returns a page of journeys, most recently changed first, and the total number of matches.</summary>
    public async Task<(IReadOnlyList<JourneyRow> Journeys, int Total)> ListAsync(
        Guid siteId, string[] statuses, string search, DateTimeOffset? beforeUpdatedAt, Guid? beforeJourneyId, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {Columns}
            from definition.journey
            where {WhereListed} and (@beforeUpdatedAt is null or (updated_at, journey_id) < (@beforeUpdatedAt, @beforeJourneyId))
            order by updated_at desc, journey_id desc
            limit @limit;

            select count(*)::integer from definition.journey where {WhereListed}
            """;

        return await source.QueryPageAsync<JourneyRow>(sql, new { siteId, statuses, search, beforeUpdatedAt, beforeJourneyId, limit }, ct);
    }

    /// <summary>Returns the journeys of all sites whose pause is over, those that ended longest ago first.</summary>
    /// <param name="now">The present time in tests; null uses the database's clock.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<(Guid SiteId, Guid JourneyId, DateTimeOffset ResumeAt)>> ListToResumeAsync(DateTimeOffset? now, CancellationToken ct)
    {
        const string sql = """
            select site_id, journey_id, resume_at from definition.journey where resume_at <= coalesce(@now, now()) order by resume_at
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<(Guid, Guid, DateTimeOffset)>(sql, new { now }, ct);
    }

    /// <summary>Counts the journeys of a site in all statuses.</summary>
    public static Task<int> CountAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = "select count(*)::integer from definition.journey where site_id = @siteId";
        return transaction.ScalarAsync<int>(sql, new { siteId }, ct);
    }

    /// <summary>
    /// Returns the total size in bytes of the newest versions of a site's journeys, without one journey.
    /// </summary>
    public static Task<long> PublishedBytesAsync(NpgsqlTransaction transaction, JourneyRow without, CancellationToken ct)
    {
        const string sql = """
            select coalesce(sum(octet_length(version.design)), 0)::bigint
            from definition.journey
            join definition.version using (site_id, journey_id, version)
            where journey.site_id = @SiteId and journey.journey_id <> @JourneyId
            """;
        return transaction.ScalarAsync<long>(sql, without, ct);
    }

    /// <summary>Adds a draft.</summary>
    public static async Task<JourneyRow> AddAsync(
        NpgsqlTransaction transaction, Guid siteId, Guid journeyId, string key, Design design, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = $"""
            insert into definition.journey (site_id, journey_id, status, draft, key, name, nodes, edges, created_at, updated_at)
            values (@siteId, @journeyId, '{JourneyStatuses.Draft}', @draft, @key, @name, @nodes, @edges, @now, @now)
            returning {Columns}
            """;
        return await transaction.QuerySingleAsync<JourneyRow>(
            sql,
            new
            {
                siteId,
                journeyId,
                draft = design.ToByteArray(),
                key,
                name = design.Name,
                nodes = design.Graph?.Nodes.Count ?? 0,
                edges = design.Graph?.Edges.Count ?? 0,
                now,
            },
            ct);
    }

    /// <summary>Updates a locked journey.</summary>
    public static Task UpdateAsync(NpgsqlTransaction transaction, JourneyRow journey, CancellationToken ct)
    {
        const string sql = """
            update definition.journey
            set status = @Status, version = @Version, revision = @Revision, change_no = @ChangeNo, draft = @Draft, key = @Key, name = @Name, nodes = @Nodes,
                edges = @Edges, draft_changed = @DraftChanged, updated_at = @UpdatedAt, published_at = @PublishedAt,
                paused_by = @PausedBy, paused_at = @PausedAt, pause_reason = @PauseReason, resume_at = @ResumeAt,
                timers = @Timers, late = @Late, late_after = @LateAfter, release_per_second = @ReleasePerSecond
            where site_id = @SiteId and journey_id = @JourneyId
            """;
        return transaction.ExecuteAsync(sql, journey, ct);
    }

    /// <summary>Deletes a locked draft.</summary>
    public static Task DeleteAsync(NpgsqlTransaction transaction, JourneyRow journey, CancellationToken ct)
    {
        const string sql = "delete from definition.journey where site_id = @SiteId and journey_id = @JourneyId";
        return transaction.ExecuteAsync(sql, new { journey.SiteId, journey.JourneyId }, ct);
    }

    /// <summary>Adds a version.</summary>
    public static Task AddVersionAsync(NpgsqlTransaction transaction, JourneyRow journey, string publisher, string note, CancellationToken ct)
    {
        const string sql = $"""
            insert into definition.version (site_id, {VersionColumns})
            values (@SiteId, @JourneyId, @Version, @Draft, @Nodes, @Edges, @publisher, @note, @PublishedAt)
            """;
        return transaction.ExecuteAsync(
            sql,
            new
            {
                journey.SiteId,
                journey.JourneyId,
                journey.Version,
                journey.Draft,
                journey.Nodes,
                journey.Edges,
                publisher,
                note,
                journey.PublishedAt,
            },
            ct);
    }

    /// <summary>Returns one version; null when there is none.</summary>
    public async Task<VersionRow?> FindVersionAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        const string sql = $"""
            select {VersionColumns}
            from definition.version
            where site_id = @siteId and journey_id = @journeyId and version = @version
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<VersionRow>(sql, new { siteId, journeyId, version }, ct);
    }

    /// <summary>
    /// Returns the given versions in the given order, up to the one with which their designs exceed the given number of bytes.
    /// </summary>
    public async Task<IReadOnlyList<VersionRow>> ListVersionsAsync(
        Guid siteId, Guid journeyId, int[] versions, long bytes, CancellationToken ct)
    {
        const string sql = $"""
            select {VersionColumns}
            from (
                select {VersionColumns}, wanted.no,
                       sum(octet_length(version.design)) over (order by wanted.no) - octet_length(version.design) as before
                from unnest(@versions) with ordinality as wanted (number, no)
                join definition.version on site_id = @siteId and journey_id = @journeyId and version = wanted.number) as version
            where before < @bytes
            order by no
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<VersionRow>(sql, new { siteId, journeyId, versions, bytes }, ct);
    }

    /// <summary>Returns the design of a version, or of the draft for 0.</summary>
    /// <exception cref="NotFound">There is no such journey or version.</exception>
    public async Task<Design> ReadDesignAsync(Guid siteId, Guid journeyId, int version, CancellationToken ct)
    {
        Check.Range(version, 0, int.MaxValue, "version");
        var journey = await FindAsync(siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
        if (version == 0)
            return journey.ReadDraft();

        var row = await FindVersionAsync(siteId, journeyId, version, ct) ?? throw new NotFound("version", version);
        return Design.Parser.ParseFrom(row.Design);
    }

    /// <summary>Whether a design equals the journey's newest version.</summary>
    public static Task<bool> IsVersionAsync(NpgsqlTransaction transaction, JourneyRow journey, byte[] design, CancellationToken ct)
    {
        const string sql = """
            select exists (
                select from definition.version
                where site_id = @SiteId and journey_id = @JourneyId and version = @Version and design = @design)
            """;
        return transaction.ScalarAsync<bool>(sql, new { journey.SiteId, journey.JourneyId, journey.Version, design }, ct);
    }

    /// <summary>Returns versions before a number, newest first.</summary>
    public async Task<IReadOnlyList<VersionRow>> ListVersionsAsync(Guid siteId, Guid journeyId, int before, int limit, CancellationToken ct)
    {
        const string sql = $"""
            select {VersionColumns}
            from definition.version
            where site_id = @siteId and journey_id = @journeyId and version < @before
            order by version desc
            limit @limit
            """;

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<VersionRow>(sql, new { siteId, journeyId, before, limit }, ct);
    }
}
